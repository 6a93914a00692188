import Events
import FoundationEssentials

extension Timestamp {
    /// The nearest whole millisecond; nil for what is no moment at all.
    init?(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1_000).rounded()
        guard let whole = Int64(exactly: milliseconds) else { return nil }
        self.init(milliseconds: whole)
    }

    /// A moment that can be written with four digits for its year.
    init(_ date: Date, field: String) throws(EventClientError) {
        guard let time = Timestamp(date), Timestamp.storable.contains(time) else {
            throw .wrong(field, "must be a moment from the year 1900 to 2299")
        }
        self = time
    }

    /// The moment as Foundation has it.
    var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1_000) }
}

extension EventID {
    /// The same id as Foundation has it.
    var uuid: UUID {
        var bytes = uuid_t(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bytes) { target in
            target.storeBytes(of: high.bigEndian, as: UInt64.self)
            target.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return UUID(uuid: bytes)
    }

    /// The id that a UUID is.
    init(_ id: UUID) {
        self = withUnsafeBytes(of: id.uuid) { source in
            EventID(
                high: UInt64(bigEndian: source.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}

extension KeyedDecodingContainer {
    /// A moment that stands there as RFC 3339.
    func moment(_ key: Key) throws -> Date {
        let text = try decode(String.self, forKey: key)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "no RFC 3339: \(text)")
        }
        return time.date
    }

    /// A moment, or nil where there is none.
    func momentIfPresent(_ key: Key) throws -> Date? {
        try contains(key) && !decodeNil(forKey: key) ? moment(key) : nil
    }
}

extension KeyedEncodingContainer {
    /// Writes a moment as RFC 3339 in UTC, with milliseconds.
    mutating func encode(moment date: Date, forKey key: Key) throws {
        guard let time = Timestamp(date), Timestamp.storable.contains(time) else {
            let context = EncodingError.Context(
                codingPath: codingPath + [key], debugDescription: "must be a moment from the year 1900 to 2299")
            throw EncodingError.invalidValue(date, context)
        }
        try encode(time.description, forKey: key)
    }
}
