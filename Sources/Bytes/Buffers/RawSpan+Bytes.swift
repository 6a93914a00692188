public import Glibc

extension RawSpan {
    /// Whether both cover equal bytes.
    @inlinable
    public func holdsSameBytes(as other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        return unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return unsafe memcmp(first, second, left.count) == 0
            }
        }
    }

    /// Whether the bytes are those of a literal.
    @inlinable
    public func holds(_ literal: StaticString) -> Bool {
        guard literal.hasPointerRepresentation else { return false }
        let count = literal.utf8CodeUnitCount
        guard byteCount == count else { return false }
        return unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            // A static string's pointer covers its code units for the life of the process.
            return unsafe memcmp(start, literal.utf8Start, count) == 0
        }
    }

    /// The byte at `index`.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < byteCount, "index out of bounds")
        // In bounds by the line above.
        return unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
    }

    /// The offset of the first `byte` at or after `start`, or nil.
    @inlinable
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= byteCount, "start out of bounds")
        return unsafe withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, start < bytes.count else { return nil }
            guard let found = unsafe memchr(base + start, Int32(byte), bytes.count - start) else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}

extension String {
    /// The text that the bytes are in UTF-8, or nil where they are not valid.
    public init?(validating bytes: RawSpan) {
        guard !bytes.isEmpty else {
            self = ""
            return
        }
        let text: String? = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { return nil }
        self = text
    }
}
