/// Bytes that do not change any more, shared and sliced without copying.
///
/// A slice keeps the whole memory that it was cut from alive: what is small and kept for long should be `copied()`.
public struct ByteSlice: Sendable {
    @usableFromInline
    let storage: ByteStorage

    @usableFromInline
    let offset: Int

    /// How many bytes there are.
    public let count: Int

    @inlinable
    init(storage: ByteStorage, offset: Int, count: Int) {
        self.storage = storage
        self.offset = offset
        self.count = count
    }

    /// No bytes.
    public static let empty = ByteSlice(storage: ByteStorage(capacity: 0), offset: 0, count: 0)

    /// A copy of what the span covers.
    @inlinable
    public init(copying bytes: RawSpan) {
        let storage = ByteStorage(capacity: bytes.byteCount)
        storage.copy(bytes, to: 0)
        self.init(storage: storage, offset: 0, count: bytes.byteCount)
    }

    /// A copy of the array's bytes.
    @inlinable
    public init(_ bytes: [UInt8]) {
        // An array of bytes has no padding between them.
        unsafe self.init(copying: bytes.span.bytes)
    }

    /// The text's UTF-8 bytes.
    @inlinable
    public init(utf8 text: String) {
        var text = text
        let storage = text.withUTF8 { utf8 in
            let storage = ByteStorage(capacity: utf8.count)
            // The buffer is valid inside this closure, and the copy does not outlive it.
            unsafe storage.copy(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(utf8)), to: 0)
            return storage
        }
        self.init(storage: storage, offset: 0, count: storage.capacity)
    }

    /// Whether there are no bytes.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The bytes, to read in place.
    @inlinable
    public var span: RawSpan {
        @_lifetime(borrow self)
        get {
            // `self` holds the storage, so the bytes live as long as `self` does.
            unsafe _overrideLifetime(storage.span(offset: offset, count: count), borrowing: self)
        }
    }

    /// The bytes in `range`, counted from this slice's start.
    ///
    /// - Precondition: the range lies inside `0..<count`.
    @inlinable
    public func slice(_ range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice out of bounds")
        return ByteSlice(storage: storage, offset: offset + range.lowerBound, count: range.count)
    }

    /// The bytes from `start` to the end.
    @inlinable
    public func suffix(from start: Int) -> ByteSlice { slice(start..<count) }

    /// The first `length` bytes.
    @inlinable
    public func prefix(_ length: Int) -> ByteSlice { slice(0..<length) }

    /// The same bytes in memory of their own, so that what they were cut from can be freed.
    public func copied() -> ByteSlice { ByteSlice(copying: span) }

    /// The byte at `index`.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index out of bounds")
        // In bounds by the line above.
        return unsafe span.unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
    }

    /// The bytes as an array.
    public var array: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            unsafe span.withUnsafeBytes { source in
                // The target has `count` bytes, as many as the source.
                if count > 0 { unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source) }
            }
            initialized = count
        }
    }

    /// The bytes as text, or nil where they are not valid UTF-8.
    public var utf8: String? { String(validating: span) }

    /// Calls `body` with the bytes in memory, for system calls and C libraries; the pointer ends with the call.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe span.withUnsafeBytes(body)
    }
}

extension ByteSlice: Hashable {
    /// Whether both hold the same bytes.
    public static func == (left: ByteSlice, right: ByteSlice) -> Bool {
        left.count == right.count && left.span.holdsSameBytes(as: right.span)
    }

    /// Feeds the bytes into the hasher.
    public func hash(into hasher: inout Hasher) {
        unsafe span.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension ByteSlice: CustomStringConvertible {
    /// The bytes as text where they are UTF-8, else their count.
    public var description: String { utf8 ?? "\(count) bytes" }
}

extension ByteSlice: ExpressibleByArrayLiteral {
    /// A slice of the given bytes.
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }
}
