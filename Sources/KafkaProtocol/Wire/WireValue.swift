import Bytes

/// A type that can stand in a message's field.
public protocol WireValue: Equatable, Sendable {
    /// Reads a value off the coder's input.
    static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> Self

    /// Writes the value to the coder's output.
    func write(_ coder: inout FieldCoder) throws(KafkaProtocolError)
}

/// A type with a form on the wire for "none"; it stands as an optional in the messages.
public protocol NullableWireValue: WireValue {
    /// Reads a value, or nil where none was sent.
    static func readNullable(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> Self?

    /// Writes that there is none.
    static func writeNull(_ coder: inout FieldCoder)
}

extension WireValue where Self: FixedWidthInteger & BitwiseCopyable {
    /// Reads the integer, the most significant byte first.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> Self {
        try coder.readInteger(Self.self)
    }

    /// Writes the integer, the most significant byte first.
    public func write(_ coder: inout FieldCoder) { coder.writer.writeBigEndian(self) }
}

extension Int8: WireValue {}
extension Int16: WireValue {}
extension Int32: WireValue {}
extension Int64: WireValue {}

extension Bool: WireValue {
    /// Reads a byte; any but zero is true.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> Bool {
        try coder.readInteger(UInt8.self) != 0
    }

    /// Writes a byte, 1 or 0.
    public func write(_ coder: inout FieldCoder) { coder.writer.writeByte(self ? 1 : 0) }
}

extension KafkaUUID: WireValue {
    /// Reads the sixteen bytes.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> KafkaUUID {
        KafkaUUID(high: try coder.readInteger(UInt64.self), low: try coder.readInteger(UInt64.self))
    }

    /// Writes the sixteen bytes.
    public func write(_ coder: inout FieldCoder) {
        coder.writer.writeBigEndian(high)
        coder.writer.writeBigEndian(low)
    }
}

extension KafkaErrorCode: WireValue {
    /// Reads the error's number.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> KafkaErrorCode {
        KafkaErrorCode(rawValue: try coder.readInteger(Int16.self))
    }

    /// Writes the error's number.
    public func write(_ coder: inout FieldCoder) { coder.writer.writeBigEndian(rawValue) }
}

extension APIKey: WireValue {
    /// Reads the interface's number.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> APIKey {
        APIKey(rawValue: try coder.readInteger(Int16.self))
    }

    /// Writes the interface's number.
    public func write(_ coder: inout FieldCoder) { coder.writer.writeBigEndian(rawValue) }
}
