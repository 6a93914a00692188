import Bytes

// The tagged fields behind a structure (KIP-482): a count, then by ascending number a number, a size and a value each.
// Numbers that are not known are passed over, as the KIP wants it.

/// The tagged fields of one structure, while they are read or written.
struct TagSection {
    /// Whether the count was read, or its place was written.
    var isOpen = false

    /// While reading: where each value lies.
    var values: [(number: Int, range: Range<Int>)] = []

    /// While writing: where the count goes, and what it is.
    var countPosition = 0
    var count: UInt8 = 0
}

extension FieldCoder {
    /// Reads or writes a tagged field; it is written where it is not at its default.
    @inline(never)
    mutating func tagged<Value: WireValue>(
        _ number: Int, _ value: inout Value, default standard: Value, since: Int16 = 0
    ) throws(KafkaProtocolError) {
        guard isFlexible, version >= since else { return }
        if isReading {
            guard let outer = try enterTag(number) else { return }
            value = try Value.read(&self)
            return try leaveTag(number, outer)
        }
        if value != standard {
            try writeTag(number, value) { value, f throws(KafkaProtocolError) in try value.write(&f) }
        }
    }

    /// Reads or writes a tagged list; it is written where it is not empty.
    @inline(never)
    mutating func tagged<Element: WireValue>(
        _ number: Int, _ list: inout [Element], since: Int16 = 0
    ) throws(KafkaProtocolError) {
        try tagged(number, &list, default: [], since: since)
    }

    /// Reads or writes a tagged structure; it is written where any field of it is not at its default.
    @inline(never)
    mutating func tagged<Structure: KafkaStructure>(
        _ number: Int, _ value: inout Structure, since: Int16 = 0
    ) throws(KafkaProtocolError) {
        try tagged(number, &value, default: Structure(), since: since)
    }

    /// Reads or writes a tagged field that may be nil; it is written where it is not.
    @inline(never)
    mutating func tagged<Value: NullableWireValue>(
        _ number: Int, _ value: inout Value?, since: Int16 = 0
    ) throws(KafkaProtocolError) {
        guard isFlexible, version >= since else { return }
        if isReading {
            guard let outer = try enterTag(number) else { return }
            value = try Value.readNullable(&self)
            return try leaveTag(number, outer)
        }
        guard let value else { return }
        try writeTag(number, value) { value, f throws(KafkaProtocolError) in
            if Value.self is any KafkaStructure.Type { f.writer.writeBigEndian(1 as Int8) }
            try value.write(&f)
        }
    }

    /// Ends the structure: reads or writes the section where no field of it has.
    @inline(never)
    mutating func finishTags() throws(KafkaProtocolError) {
        if isReading {
            if !tags.isOpen { try openTags() }
        } else if tags.isOpen {
            writer.patchBigEndian(tags.count, at: tags.countPosition)
        } else {
            writer.writeByte(0)
        }
    }

    // MARK: Reading

    /// Reads where the values lie.
    @inline(never)
    private mutating func openTags() throws(KafkaProtocolError) {
        tags.isOpen = true
        let count = try readVarint()
        try countElements(count)
        var last = -1
        for _ in 0..<count {
            let number = try readVarint()
            guard number > last else {
                throw KafkaProtocolError(.malformed, "tagged field \(number) follows \(last) (at byte \(position))")
            }
            last = number
            let size = try readVarint()
            try require(size)
            tags.values.append((number, position..<position + size))
            position += size
        }
    }

    /// Goes to a tagged field's value, if it was sent; says where to go on afterwards.
    @inline(never)
    private mutating func enterTag(_ number: Int) throws(KafkaProtocolError) -> (position: Int, end: Int)? {
        if !tags.isOpen { try openTags() }
        guard let value = tags.values.first(where: { $0.number == number }) else { return nil }
        let outer = (position, end)
        (position, end) = (value.range.lowerBound, value.range.upperBound)
        return outer
    }

    @inline(never)
    private mutating func leaveTag(
        _ number: Int, _ outer: (position: Int, end: Int)
    ) throws(KafkaProtocolError) {
        guard position == end else {
            throw KafkaProtocolError(.malformed, "tagged field \(number) has \(end - position) bytes too many")
        }
        (position, end) = outer
    }

    // MARK: Writing

    /// Writes a number, a size and a value. The value is written aside first, since its size precedes it.
    @inline(never)
    private mutating func writeTag<Value>(
        _ number: Int, _ value: Value, _ body: (Value, inout FieldCoder) throws(KafkaProtocolError) -> Void
    ) throws(KafkaProtocolError) {
        if !tags.isOpen {
            tags.isOpen = true
            tags.countPosition = writer.count
            writer.writeByte(0)
        }
        // A message knows a handful of tagged fields, so that the count takes one byte.
        tags.count += 1
        var aside = FieldCoder(writing: ByteWriter(), version: version, isFlexible: true)
        try body(value, &aside)
        let bytes = aside.finish().finish()
        writer.writeVarint(UInt64(number))
        writer.writeVarint(UInt64(bytes.count))
        writer.write(bytes)
    }
}
