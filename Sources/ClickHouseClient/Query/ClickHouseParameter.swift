public import ClickHouseProtocol

/// A value that can stand in a query's text: it goes to the server beside the text, as a parameter of its type.
///
///     try await client.rows("SELECT page FROM visits WHERE seconds > \(least)", as: String.self)
///
/// Enumerations that have a raw value need but say that they conform.
public protocol ClickHouseParameter {
    /// ClickHouse's type of the value: `Int64`.
    static var parameterType: String { get }
    /// The value.
    var parameterValue: QueryParameter.Value { get }
}

/// A value whose type may be inside `Nullable(…)`, so that an optional one can be a parameter too.
public protocol ClickHouseScalarParameter: ClickHouseParameter {}

extension ClickHouseParameter where Self: RawRepresentable, RawValue: ClickHouseParameter {
    /// The raw value's type.
    public static var parameterType: String { RawValue.parameterType }
    /// The raw value.
    public var parameterValue: QueryParameter.Value { rawValue.parameterValue }
}

extension ClickHouseParameter where Self: FixedWidthInteger {
    /// `Int8` to `Int128`, `UInt8` to `UInt128`.
    public static var parameterType: String { (isSigned ? "Int" : "UInt") + String(bitWidth) }
    /// The number.
    public var parameterValue: QueryParameter.Value { .escaped(String(self)) }
}

extension Int: ClickHouseScalarParameter {}
extension Int8: ClickHouseScalarParameter {}
extension Int16: ClickHouseScalarParameter {}
extension Int32: ClickHouseScalarParameter {}
extension Int64: ClickHouseScalarParameter {}
extension Int128: ClickHouseScalarParameter {}
extension UInt: ClickHouseScalarParameter {}
extension UInt8: ClickHouseScalarParameter {}
extension UInt16: ClickHouseScalarParameter {}
extension UInt32: ClickHouseScalarParameter {}
extension UInt64: ClickHouseScalarParameter {}
extension UInt128: ClickHouseScalarParameter {}

extension Double: ClickHouseScalarParameter {
    /// `Float64`.
    public static var parameterType: String { "Float64" }
    /// The number.
    public var parameterValue: QueryParameter.Value { .double(self) }
}

extension Float: ClickHouseScalarParameter {
    /// `Float32`.
    public static var parameterType: String { "Float32" }
    /// The number: as the shortest text that is none but it.
    public var parameterValue: QueryParameter.Value { isFinite ? .escaped("\(self)") : .double(Double(self)) }
}

extension Bool: ClickHouseScalarParameter {
    /// `Bool`.
    public static var parameterType: String { "Bool" }
    /// The value.
    public var parameterValue: QueryParameter.Value { .bool(self) }
}

extension String: ClickHouseScalarParameter {
    /// `String`.
    public static var parameterType: String { "String" }
    /// The text.
    public var parameterValue: QueryParameter.Value { .string(self) }
}

extension Substring: ClickHouseScalarParameter {
    /// `String`.
    public static var parameterType: String { "String" }
    /// The text.
    public var parameterValue: QueryParameter.Value { .string(String(self)) }
}

extension ClickHouseUUID: ClickHouseScalarParameter {
    /// `UUID`.
    public static var parameterType: String { "UUID" }
    /// The UUID.
    public var parameterValue: QueryParameter.Value { .uuid(self) }
}

extension Optional: ClickHouseParameter where Wrapped: ClickHouseScalarParameter {
    /// `Nullable(…)` of the value's type.
    public static var parameterType: String { "Nullable(\(Wrapped.parameterType))" }
    /// The value, or `NULL`.
    public var parameterValue: QueryParameter.Value { self?.parameterValue ?? .null }
}

extension Array: ClickHouseParameter where Element: ClickHouseParameter {
    /// `Array(…)` of the elements' type.
    public static var parameterType: String { "Array(\(Element.parameterType))" }
    /// The elements.
    public var parameterValue: QueryParameter.Value { .array(map(\.parameterValue)) }
}
