/// Writes values behind one another into memory that it owns and that grows; `finish()` makes a slice of it.
public struct ByteWriter: ~Copyable {
    @usableFromInline
    var storage: ByteStorage

    @usableFromInline
    var end: Int

    /// How many bytes were written.
    @inlinable
    public var count: Int { end }

    /// Makes a writer with room for `capacity` bytes; more room comes when it is needed, twice as much each time.
    @inlinable
    public init(capacity: Int = 256) {
        storage = ByteStorage(capacity: capacity)
        end = 0
    }

    /// How many bytes fit before the memory must grow.
    @inlinable
    public var capacity: Int { storage.capacity }

    /// Whether nothing was written.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// What was written so far.
    @inlinable
    public var span: RawSpan {
        @_lifetime(borrow self)
        get {
            // `self` owns the storage, and borrowing `self` keeps it from being written.
            unsafe _overrideLifetime(storage.span(offset: 0, count: count), borrowing: self)
        }
    }

    /// Makes room for `extra` more bytes.
    @inlinable
    public mutating func reserve(_ extra: Int) {
        if extra > storage.capacity &- count { grow(extra) }
    }

    @usableFromInline
    @inline(never)
    mutating func grow(_ extra: Int) {
        precondition(extra >= 0)
        let larger = ByteStorage(capacity: max(count + extra, storage.capacity * 2, 64))
        larger.copy(storage.span(offset: 0, count: count), to: 0)
        storage = larger
    }

    // MARK: Integers

    /// Writes an integer, the least significant byte first.
    @inlinable
    public mutating func writeLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        store(value.littleEndian)
    }

    /// Writes an integer, the most significant byte first.
    @inlinable
    public mutating func writeBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        store(value.bigEndian)
    }

    @inlinable
    mutating func store<Value: BitwiseCopyable>(_ value: Value) {
        reserve(MemoryLayout<Value>.size)
        // Room was made by the line above.
        unsafe storage.base.storeBytes(of: value, toByteOffset: count, as: Value.self)
        end &+= MemoryLayout<Value>.size
    }

    /// Writes one byte.
    @inlinable
    public mutating func writeByte(_ value: UInt8) { store(value) }

    // MARK: Runs of bytes

    /// Writes the span's bytes.
    @inlinable
    public mutating func write(_ bytes: RawSpan) {
        reserve(bytes.byteCount)
        storage.copy(bytes, to: count)
        end &+= bytes.byteCount
    }

    /// Writes the slice's bytes.
    @inlinable
    public mutating func write(_ bytes: ByteSlice) { write(bytes.span) }

    /// Writes the array's bytes.
    @inlinable
    public mutating func write(_ bytes: [UInt8]) {
        // An array of bytes has no padding between them.
        unsafe write(bytes.span.bytes)
    }

    /// Writes the text's UTF-8 bytes.
    @inlinable
    public mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            // The buffer is valid inside this closure, and so is the copy's source.
            unsafe write(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8)))
        }
    }

    /// Writes a literal's UTF-8 bytes, without making a `String`.
    @inlinable
    public mutating func write(literal: StaticString) {
        guard literal.hasPointerRepresentation else { return write(literal.description) }
        // A static string's pointer covers its code units for the life of the process.
        unsafe write(RawSpan(_unsafeStart: literal.utf8Start, byteCount: literal.utf8CodeUnitCount))
    }

    /// Writes the values' memory as it is: little-endian, one stride each; for integers and floats, without padding.
    @inlinable
    public mutating func write<Value: BitwiseCopyable>(array values: [Value]) {
        // Integers and floats, for which this is meant, have no padding.
        unsafe write(values.span.bytes)
    }

    /// Writes `byte` so many times.
    @inlinable
    public mutating func write(repeating byte: UInt8, count times: Int) {
        reserve(times)
        // Room was made by the line above.
        unsafe (storage.base + count).initializeMemory(as: UInt8.self, repeating: byte, count: times)
        end &+= times
    }

    /// Lets `body` fill up to `limit` bytes in place, for system calls and C libraries; it returns how many it wrote.
    @inlinable
    public mutating func write<Failure: Error>(
        upTo limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(limit)
        // Room was made by the line above; what `body` claims is checked.
        let written = try unsafe body(UnsafeMutableRawBufferPointer(start: storage.base + count, count: limit))
        precondition(written >= 0 && written <= limit)
        end &+= written
    }

    // MARK: Varints

    /// Writes an unsigned LEB128 varint.
    @inlinable
    public mutating func writeVarint(_ value: UInt64) {
        reserve(10)
        var value = value
        while value >= 0x80 {
            unsafe storage.base.storeBytes(
                of: UInt8(truncatingIfNeeded: value) | 0x80, toByteOffset: count, as: UInt8.self)
            end &+= 1
            value &>>= 7
        }
        unsafe storage.base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: count, as: UInt8.self)
        end &+= 1
    }

    /// Writes a zigzag varint of 32 bits.
    @inlinable
    public mutating func writeZigzag32(_ value: Int32) {
        writeVarint(UInt64(UInt32(bitPattern: (value &<< 1) ^ (value &>> 31))))
    }

    /// Writes a zigzag varint of 64 bits.
    @inlinable
    public mutating func writeZigzag64(_ value: Int64) {
        writeVarint(UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)))
    }

    // MARK: Going back

    /// Overwrites an integer that was written before, the most significant byte first: a length known only afterwards.
    @inlinable
    public mutating func patchBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "patch out of bounds")
        unsafe storage.base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    }

    /// Overwrites an integer that was written before, the least significant byte first.
    @inlinable
    public mutating func patchLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "patch out of bounds")
        unsafe storage.base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    /// Forgets what was written behind `length` bytes.
    @inlinable
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "truncate out of bounds")
        end = length
    }

    /// Forgets all that was written and keeps the memory.
    @inlinable
    public mutating func removeAll() { end = 0 }

    // MARK: Handing over

    /// What was written, as a slice; the writer is used up.
    @inlinable
    public consuming func finish() -> ByteSlice {
        ByteSlice(storage: storage, offset: 0, count: count)
    }

    /// What was written, as a slice; the writer starts anew with memory for `capacity` bytes.
    @inlinable
    public mutating func take(capacity: Int = 256) -> ByteSlice {
        let taken = ByteSlice(storage: storage, offset: 0, count: count)
        storage = ByteStorage(capacity: capacity)
        end = 0
        return taken
    }
}
