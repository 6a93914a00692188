import Bytes

/// Reads or writes the fields of a structure, which names each of them once.
///
/// Reading checks every length against the bytes that are there, and bounds the elements of a message's lists.
public struct FieldCoder: ~Copyable {
    /// The message's version.
    public let version: Int16

    /// Whether the version has compact lengths and tagged fields (KIP-482).
    public let isFlexible: Bool

    /// Whether fields are read; else they are written.
    public let isReading: Bool

    // While reading: the input, how far it was read, and where what is being read ends.
    let input: ByteSlice
    var position = 0
    var end: Int
    var elements = 0

    // While writing: the output; and what goes out uncopied between pieces of it, where that is wanted.
    var writer: ByteWriter
    var pieces: [ByteSlice] = []
    var gathers = false

    /// The tagged fields of the structure at hand.
    var tags = TagSection()

    /// How many elements the lists of one message may have together: far more than any real one has.
    static let maximumElements = 4_000_000

    /// A coder that reads.
    init(reading input: ByteSlice, version: Int16, isFlexible: Bool) {
        self.version = version
        self.isFlexible = isFlexible
        self.isReading = true
        self.input = input
        self.end = input.count
        self.writer = ByteWriter(capacity: 0)
    }

    /// A coder that writes behind what the writer holds.
    init(writing writer: consuming ByteWriter, version: Int16, isFlexible: Bool) {
        self.version = version
        self.isFlexible = isFlexible
        self.isReading = false
        self.input = .empty
        self.end = 0
        self.writer = writer
    }

    /// The writer, with what was written.
    consuming func finish() -> ByteWriter { writer }

    // MARK: Fields

    /// Reads or writes a field that versions `since` to `through` have.
    @inline(never)
    mutating func field<Value: WireValue>(
        _ value: inout Value, since: Int16 = 0, through: Int16 = .max
    ) throws(KafkaProtocolError) {
        guard version >= since, version <= through else { return }
        if isReading { value = try Value.read(&self) } else { try value.write(&self) }
    }

    /// Reads or writes a field that versions `since` to `through` have, and that may be nil from `nullable` on.
    @inline(never)
    mutating func field<Value: NullableWireValue>(
        _ value: inout Value?, since: Int16 = 0, through: Int16 = .max, nullable: Int16 = 0
    ) throws(KafkaProtocolError) {
        guard version >= since, version <= through else { return }
        if isReading {
            value = version >= nullable ? try Value.readNullable(&self) : try Value.read(&self)
            return
        }
        if version >= nullable { return try writeNullable(value) }
        guard let value else { throw KafkaProtocolError(.unwritable, "version \(version) has no null for a field") }
        try value.write(&self)
    }

    /// Writes a value or that there is none. A structure is preceded by a byte that says so, other values say so by
    /// their length.
    @inline(never)
    private mutating func writeNullable<Value: NullableWireValue>(_ value: Value?) throws(KafkaProtocolError) {
        guard let value else { return Value.writeNull(&self) }
        if Value.self is any KafkaStructure.Type { writer.writeBigEndian(1 as Int8) }
        try value.write(&self)
    }

    /// Reads or writes a structure and the tagged fields behind it.
    @_semantics("optimize.sil.specialize.generic.never")
    mutating func structure<Structure: KafkaStructure>(_ value: inout Structure) throws(KafkaProtocolError) {
        guard isFlexible else { return try value.fields(&self) }
        let outer = tags
        tags = TagSection()
        try value.fields(&self)
        try finishTags()
        tags = outer
    }

    // MARK: Reading

    /// Checks that `count` bytes are left of what is being read.
    func require(_ count: Int) throws(KafkaProtocolError) {
        guard count <= end &- position else {
            throw KafkaProtocolError(.endOfBytes, "the bytes end within a field (at byte \(position))")
        }
    }

    mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type
    ) throws(KafkaProtocolError) -> Value {
        try require(MemoryLayout<Value>.size)
        // In bounds by the line above; any bits are a valid integer.
        let value = unsafe input.span.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: Value.self)
        position &+= MemoryLayout<Value>.size
        return Value(bigEndian: value)
    }

    /// Reads an unsigned varint of 32 bits.
    @inline(never)
    mutating func readVarint() throws(KafkaProtocolError) -> Int {
        var value: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: 35, by: 7) {
            let byte = try readInteger(UInt8.self)
            value |= UInt64(byte & 0x7f) << shift
            guard byte < 0x80 else { continue }
            guard value <= UInt64(UInt32.max) else { break }
            return Int(value)
        }
        throw KafkaProtocolError(.malformed, "a varint does not fit 32 bits (at byte \(position))")
    }

    /// Reads a length or a count; nil for none.
    mutating func readLength<Plain: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        plain: Plain.Type
    ) throws(KafkaProtocolError) -> Int? {
        let length = isFlexible ? try readVarint() - 1 : Int(try readInteger(Plain.self))
        guard length >= -1 else {
            throw KafkaProtocolError(.limit, "a length is \(length) (at byte \(position))")
        }
        return length == -1 ? nil : length
    }

    @inline(never)
    mutating func readString(_ count: Int) throws(KafkaProtocolError) -> String {
        try require(count)
        guard let text = String(validating: input.span.extracting(position..<position &+ count)) else {
            throw KafkaProtocolError(.malformed, "a text is not UTF-8 (at byte \(position))")
        }
        position &+= count
        return text
    }

    @inline(never)
    mutating func readSlice(_ count: Int) throws(KafkaProtocolError) -> ByteSlice {
        try require(count)
        position &+= count
        return input.slice(position &- count..<position)
    }

    /// Checks that a list of `count` elements can be there: each takes a byte at least.
    @inline(never)
    mutating func countElements(_ count: Int) throws(KafkaProtocolError) {
        try require(count)
        elements &+= count
        guard elements <= Self.maximumElements else {
            throw KafkaProtocolError(.limit, "the lists have more than \(Self.maximumElements) elements")
        }
    }

    @inline(never)
    func unexpectedNull(_ what: String) -> KafkaProtocolError {
        KafkaProtocolError(.malformed, "null in place of \(what) (at byte \(position))")
    }

    // MARK: Writing

    mutating func writeLength<Plain: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ length: Int, plain: Plain.Type
    ) {
        if isFlexible {
            writer.writeVarint(UInt64(length) &+ 1)
        } else {
            writer.writeBigEndian(Plain(truncatingIfNeeded: length))
        }
    }

    mutating func writeNullLength<Plain: FixedWidthInteger & SignedInteger & BitwiseCopyable>(plain: Plain.Type) {
        if isFlexible { writer.writeVarint(0) } else { writer.writeBigEndian(-1 as Plain) }
    }

    /// Writes bytes: copied, or as a piece of their own where that is wanted and they are not few.
    @inline(never)
    mutating func append(_ bytes: ByteSlice) {
        guard gathers, bytes.count >= 4096 else { return writer.write(bytes) }
        pieces.append(writer.take())
        pieces.append(bytes)
    }
}
