import Bytes
import ClickHouseProtocol

/// What is made of a value of Foundation's in a query's text. Its types are told by their names: this module does without
/// Foundation.
struct ForeignParameter {
    let type: String
    let value: QueryParameter.Value

    /// - Throws: `ClickHouseError` `.mismatch` where the value is neither a `Date` nor a `UUID`, or is a time that ClickHouse
    ///   does not know.
    init<Value: Encodable>(_ value: Value) throws(ClickHouseError) {
        type = try Self.type(of: Value.self)
        if type == Self.uuid {
            self.value = .string("\(value)")
        } else {
            self.value = .string(try Self.text(ofTime: value))
        }
    }

    private static let uuid = "UUID"

    /// The type of values of that type.
    static func type(of type: Any.Type) throws(ClickHouseError) -> String {
        switch String(reflecting: type) {
        case "Foundation.UUID", "FoundationEssentials.UUID": return uuid
        case "Foundation.Date", "FoundationEssentials.Date": return "DateTime64(6, 'UTC')"
        default:
            throw ClickHouseError(
                .mismatch, "a value of type \(type) cannot stand in a query: the type is no ClickHouseParameter")
        }
    }

    /// A time as `2026-11-27 12:30:00.250000`, to the nearest microsecond.
    private static func text<Value: Encodable>(ofTime value: Value) throws(ClickHouseError) -> String {
        let taker = NumberTaker()
        // It throws only where the value codes itself as something else than a number, and then there is none.
        try? value.encode(to: taker)
        guard let seconds = taker.box.number, let text = text(secondsSince2001: seconds) else {
            // Foundation traps where it is asked to describe some of these times.
            throw ClickHouseError(
                .mismatch,
                "the time \(taker.box.number ?? .nan) s from the beginning of 2001 is not in the years 1900 to 2299")
        }
        return text
    }

    /// Nil for what a DateTime64 does not hold.
    static func text(secondsSince2001 seconds: Double) -> String? {
        // The years 1900 to 2299.
        guard seconds >= -3_187_296_000, seconds < 9_435_484_800 else { return nil }
        let microseconds = Int64((seconds * 1e6).rounded()) + 978_307_200_000_000
        let (days, rest) = microseconds.flooredQuotient(by: 86_400_000_000)
        let time = rest / 1_000_000
        var writer = ByteWriter(capacity: 32)
        CivilDate(daysSince1970: days).write(into: &writer)
        let clock = [time / 3600, time / 60 % 60, time % 60].map { padded($0, 2) }.joined(separator: ":")
        return String(decoding: writer.finish().array, as: UTF8.self) + " \(clock).\(padded(rest % 1_000_000, 6))"
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// An encoder of one number: what Foundation's `Date` codes itself as, in seconds since the beginning of 2001.
private struct NumberTaker: Encoder, SingleValueEncodingContainer {
    final class Box { var number: Double? }

    struct Refusal: Error {}

    let box = Box()
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { NoContainer<NoKey>() }
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(NoContainer<Key>())
    }

    func encodeNil() throws { throw Refusal() }
    func encode<Value: Encodable>(_ value: Value) throws {
        guard let number = value as? Double else { throw Refusal() }
        box.number = number
    }

    private struct NoKey: CodingKey {
        var stringValue: String { "" }
        var intValue: Int? { nil }
        init?(stringValue: String) { nil }
        init?(intValue: Int) { nil }
    }

    /// Takes nothing.
    private struct NoContainer<Key: CodingKey>: KeyedEncodingContainerProtocol, UnkeyedEncodingContainer {
        var codingPath: [any CodingKey] { [] }
        var count: Int { 0 }

        func encodeNil() throws { throw Refusal() }
        func encode<Value: Encodable>(_ value: Value) throws { throw Refusal() }
        func encodeNil(forKey key: Key) throws { throw Refusal() }
        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { throw Refusal() }
        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { self }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            KeyedEncodingContainer(NoContainer<Nested>())
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            KeyedEncodingContainer(NoContainer<Nested>())
        }
        func superEncoder() -> any Encoder { NumberTaker() }
        func superEncoder(forKey key: Key) -> any Encoder { NumberTaker() }
    }
}
