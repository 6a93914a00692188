import Glibc

/// A piece of memory that slices share: written once, front to back, by one owner, and only read after that.
///
/// - Safety: `Sendable` though it holds a pointer, because of one rule that the writers in this module keep: a byte is
///   written before a slice that covers it is made, and never again while such a slice lives. `ByteWriter` gives its
///   storage away when it makes slices; `ReceiveBuffer` writes behind what it has given away, and starts again at the
///   front only when nobody else holds the storage.
@usableFromInline
@safe
final class ByteStorage: @unchecked Sendable {
    @usableFromInline
    let base: UnsafeMutableRawPointer

    @usableFromInline
    let capacity: Int

    /// Allocates `capacity` uninitialised bytes.
    @usableFromInline
    init(capacity: Int) {
        precondition(capacity >= 0)
        // What malloc cannot give ends the process, as with every allocation of Swift's own; callers bound `capacity`.
        guard let memory = unsafe malloc(max(capacity, 1)) else {
            fatalError("out of memory: \(capacity) bytes")
        }
        unsafe self.base = memory
        self.capacity = capacity
    }

    deinit {
        unsafe free(base)
    }

    /// The bytes from `offset` on; whoever calls has checked the range.
    @inlinable
    @_lifetime(borrow self)
    func span(offset: Int, count: Int) -> RawSpan {
        // In bounds by the caller's check, initialised by the rule above, alive as long as `self`.
        let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base + offset), byteCount: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Moves what another storage holds, or any memory, in at `offset`; whoever calls has checked the range.
    @inlinable
    func copy(_ bytes: RawSpan, to offset: Int) {
        guard !bytes.isEmpty else { return }
        // Both ranges are in bounds: the span by its own count, the target by the caller's check.
        unsafe bytes.withUnsafeBytes { source in
            if let start = source.baseAddress {
                unsafe (base + offset).copyMemory(from: start, byteCount: source.count)
            }
        }
    }
}
