public import Bytes

// What begins with its length or count. Plain versions write a fixed-width integer, -1 for none; flexible versions
// (KIP-482) write an unsigned varint that is one more, 0 for none.

extension String: NullableWireValue {
    /// Reads a text; none is an error.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> String {
        guard let text = try readNullable(&coder) else { throw coder.unexpectedNull("a text") }
        return text
    }

    /// Reads a text, or nil.
    public static func readNullable(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> String? {
        guard let count = try coder.readLength(plain: Int16.self) else { return nil }
        return try coder.readString(count)
    }

    /// Writes a text.
    public func write(_ coder: inout FieldCoder) throws(KafkaProtocolError) {
        let count = utf8.count
        guard count <= Int(Int16.max) else {
            throw KafkaProtocolError(.unwritable, "a text of \(count) bytes is longer than a message can hold (32767)")
        }
        coder.writeLength(count, plain: Int16.self)
        coder.writer.write(self)
    }

    /// Writes that there is no text.
    public static func writeNull(_ coder: inout FieldCoder) { coder.writeNullLength(plain: Int16.self) }
}

extension ByteSlice: NullableWireValue {
    /// Reads bytes without copying them; none is an error.
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> ByteSlice {
        guard let bytes = try readNullable(&coder) else { throw coder.unexpectedNull("bytes") }
        return bytes
    }

    /// Reads bytes without copying them, or nil.
    public static func readNullable(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> ByteSlice? {
        guard let count = try coder.readLength(plain: Int32.self) else { return nil }
        return try coder.readSlice(count)
    }

    /// Writes bytes.
    public func write(_ coder: inout FieldCoder) throws(KafkaProtocolError) {
        guard count < Int(Int32.max) else {
            throw KafkaProtocolError(.unwritable, "\(count) bytes are more than a message can hold (2147483646)")
        }
        coder.writeLength(count, plain: Int32.self)
        coder.append(self)
    }

    /// Writes that there are no bytes.
    public static func writeNull(_ coder: inout FieldCoder) { coder.writeNullLength(plain: Int32.self) }
}

// Kept generic for the reason that `KafkaStructure` gives.
extension Array: WireValue, NullableWireValue where Element: WireValue {
    /// Reads a list; none is an error.
    @_semantics("optimize.sil.specialize.generic.never")
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> [Element] {
        guard let list = try readNullable(&coder) else { throw coder.unexpectedNull("a list") }
        return list
    }

    /// Reads a list, or nil.
    @_semantics("optimize.sil.specialize.generic.never")
    public static func readNullable(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> [Element]? {
        guard let count = try coder.readLength(plain: Int32.self) else { return nil }
        try coder.countElements(count)
        var list: [Element] = []
        // A count is a claim; room beyond a few thousand comes with the elements themselves.
        list.reserveCapacity(Swift.min(count, 4096))
        for _ in 0..<count { list.append(try Element.read(&coder)) }
        return list
    }

    /// Writes a list.
    @_semantics("optimize.sil.specialize.generic.never")
    public func write(_ coder: inout FieldCoder) throws(KafkaProtocolError) {
        guard count < Int(Int32.max) else {
            throw KafkaProtocolError(.unwritable, "\(count) elements are more than a message can hold")
        }
        coder.writeLength(count, plain: Int32.self)
        for element in self { try element.write(&coder) }
    }

    /// Writes that there is no list.
    @_semantics("optimize.sil.specialize.generic.never")
    public static func writeNull(_ coder: inout FieldCoder) { coder.writeNullLength(plain: Int32.self) }
}
