internal import Bytes

/// Reading what may not have come in full yet: nil means that more bytes are needed, and that nothing was read.
extension ByteReader {
    @_lifetime(self: copy self)
    mutating func partialByte() -> UInt8? {
        try? readByte()  // The only fault is that the bytes end.
    }

    @_lifetime(self: copy self)
    mutating func partialInteger<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) -> Value?
    {
        try? readLittleEndian()  // The only fault is that the bytes end.
    }

    @_lifetime(self: copy self)
    mutating func partialVarint(_ what: StaticString) throws(ClickHouseProtocolError) -> UInt64? {
        let start = position
        do {
            return try readVarint(what)
        } catch {
            guard error.code == .endOfBytes else { throw ClickHouseProtocolError(error) }
            move(to: start)
            return nil
        }
    }

    /// A varint that counts something: checked against `limit`.
    @_lifetime(self: copy self)
    mutating func partialCount(_ what: StaticString, limit: Int) throws(ClickHouseProtocolError) -> Int? {
        guard let value = try partialVarint(what) else { return nil }
        guard value <= UInt64(limit) else {
            throw ClickHouseProtocolError(.limit, "\(what) is \(value), the limit is \(limit)")
        }
        return Int(value)
    }

    /// A text with its length before it. (`readStringBinary` in ClickHouse's src/IO/ReadHelpers.h.) Bytes that are not
    /// valid UTF-8 are replaced: such texts are names and messages.
    @_lifetime(self: copy self)
    mutating func partialText(_ what: StaticString, limit: Int) throws(ClickHouseProtocolError) -> String? {
        let start = position
        guard let count = try partialCount(what, limit: limit) else { return nil }
        guard count <= remaining else {
            move(to: start)
            return nil
        }
        do {
            let bytes = try readSpan(count, what)
            return String(validating: bytes) ?? String(decoding: ByteSlice(copying: bytes).array, as: UTF8.self)
        } catch {
            throw ClickHouseProtocolError(error)
        }
    }
}
