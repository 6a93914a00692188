/// Reads values off bytes, front to back; every step is checked against what remains.
///
/// Made over a `ByteSlice` it gives out slices without copying; made over any other span it copies them.
public struct ByteReader: ~Escapable {
    @usableFromInline
    let span: RawSpan

    /// What the span was cut from, if it is a slice's.
    @usableFromInline
    let origin: ByteSlice?

    @usableFromInline
    var offset: Int

    /// How many bytes were read.
    @inlinable
    public var position: Int { offset }

    /// Reads a span.
    @inlinable
    @_lifetime(copy span)
    public init(_ span: RawSpan) {
        self.span = span
        self.origin = nil
        self.offset = 0
    }

    /// Reads a slice; what `readSlice` gives out shares its memory.
    @inlinable
    @_lifetime(borrow slice)
    public init(_ slice: borrowing ByteSlice) {
        self.span = slice.span
        self.origin = copy slice
        self.offset = 0
    }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { span.byteCount - position }

    /// Whether all was read.
    @inlinable
    public var isAtEnd: Bool { position == span.byteCount }

    /// What is left, without reading it.
    @inlinable
    public var rest: RawSpan {
        @_lifetime(copy self)
        get { span.extracting(position..<span.byteCount) }
    }

    /// Checks that `count` bytes are left.
    ///
    /// - Throws: `ByteError` naming `what`: `.limit` where `count` is negative, `.endOfBytes` where fewer are left.
    @inlinable
    public func require(_ count: Int, _ what: StaticString) throws(ByteError) {
        guard count <= remaining else { throw ByteError(.endOfBytes, what, at: position) }
        guard count >= 0 else { throw ByteError(.limit, what, at: position) }
    }

    /// Moves on by `count` bytes, which the caller has required.
    @inlinable
    @_lifetime(self: copy self)
    mutating func advance(_ count: Int) {
        offset &+= count
    }

    /// Goes back (or on) to a position that this reader has had.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func move(to position: Int) {
        precondition(position >= 0 && position <= span.byteCount)
        self.offset = position
    }

    // MARK: Integers and floats

    /// Reads an integer, the least significant byte first.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self, _ what: StaticString = "an integer"
    ) throws(ByteError) -> Value {
        try require(MemoryLayout<Value>.size, what)
        // In bounds by the line above; any bits are a valid integer.
        let value = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: Value.self)
        advance(MemoryLayout<Value>.size)
        return Value(littleEndian: value)
    }

    /// Reads an integer, the most significant byte first.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self, _ what: StaticString = "an integer"
    ) throws(ByteError) -> Value {
        try require(MemoryLayout<Value>.size, what)
        // In bounds by the line above; any bits are a valid integer.
        let value = unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: Value.self)
        advance(MemoryLayout<Value>.size)
        return Value(bigEndian: value)
    }

    /// Reads one byte.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readByte(_ what: StaticString = "a byte") throws(ByteError) -> UInt8 {
        try require(1, what)
        // In bounds by the line above.
        let value = unsafe span.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
        advance(1)
        return value
    }

    // MARK: Runs of bytes

    /// Reads `count` bytes in place.
    @inlinable
    @_lifetime(copy self)
    public mutating func readSpan(_ count: Int, _ what: StaticString = "bytes") throws(ByteError) -> RawSpan {
        try require(count, what)
        let bytes = span.extracting(position..<(position &+ count))
        advance(count)
        return bytes
    }

    /// Reads `count` bytes as a slice: shared with the slice that this reader was made over, else copied.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readSlice(_ count: Int, _ what: StaticString = "bytes") throws(ByteError) -> ByteSlice {
        try require(count, what)
        let start = position
        advance(count)
        if let origin { return origin.slice(start..<(start &+ count)) }
        return ByteSlice(copying: span.extracting(start..<(start &+ count)))
    }

    /// Reads `count` bytes as UTF-8 text.
    ///
    /// - Throws: `ByteError` `.malformed` where they are not valid UTF-8.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readString(_ count: Int, _ what: StaticString = "text") throws(ByteError) -> String {
        let start = position
        let bytes = try readSpan(count, what)
        guard let text = String(validating: bytes) else { throw ByteError(.malformed, what, at: start) }
        return text
    }

    /// Passes over `count` bytes.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func skip(_ count: Int, _ what: StaticString = "bytes") throws(ByteError) {
        try require(count, what)
        advance(count)
    }

    /// Reads `count` values that lie one behind the other, the least significant byte first, with a single copy.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readArray<Value: BitwiseCopyable>(
        of type: Value.Type, count: Int, _ what: StaticString = "an array"
    ) throws(ByteError) -> [Value] {
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        guard !overflow else { throw ByteError(.limit, what, at: position) }
        let bytes = try readSpan(size, what)
        guard count > 0 else { return [] }
        return unsafe [Value](unsafeUninitializedCapacity: count) { target, initialized in
            // The span has exactly `count` strides of bytes. Every processor that Swift's Linux runs on is
            // little-endian, as the formats that are read so are.
            unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            initialized = count
        }
    }

    // MARK: Varints

    /// Reads an unsigned LEB128 varint of at most `limit` bytes: 5 for 32 bits, 10 for 64.
    ///
    /// - Throws: `ByteError` `.malformed` where it goes on past its limit or does not fit 64 bits.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readVarint(limit: Int = 10, _ what: StaticString = "a varint") throws(ByteError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for _ in 0..<limit {
            let byte = try readByte(what)
            if shift == 63, byte > 1 { throw ByteError(.malformed, what, at: start) }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw ByteError(.malformed, what, at: start)
    }

    /// Reads a varint of 32 bits.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readVarint32(_ what: StaticString = "a varint") throws(ByteError) -> UInt32 {
        let start = position
        let value = try readVarint(limit: 5, what)
        guard let value = UInt32(exactly: value) else { throw ByteError(.malformed, what, at: start) }
        return value
    }

    /// Reads a zigzag varint of 32 bits.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readZigzag32(_ what: StaticString = "a varint") throws(ByteError) -> Int32 {
        let value = try readVarint32(what)
        return Int32(bitPattern: (value &>> 1) ^ (0 &- (value & 1)))
    }

    /// Reads a zigzag varint of 64 bits.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readZigzag64(_ what: StaticString = "a varint") throws(ByteError) -> Int64 {
        let value = try readVarint(what)
        return Int64(bitPattern: (value &>> 1) ^ (0 &- (value & 1)))
    }
}
