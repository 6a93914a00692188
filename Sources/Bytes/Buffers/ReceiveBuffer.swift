/// What came off a socket and was not read yet: filled at the back, read at the front, its memory reused.
///
/// One owner at a time; what it gives out as slices may go anywhere.
@safe
public final class ReceiveBuffer {
    @usableFromInline
    struct Fields {
        @usableFromInline
        var storage: ByteStorage

        /// Where the unread bytes begin and end in the storage.
        @usableFromInline
        var start = 0

        @usableFromInline
        var end = 0

        @usableFromInline
        init(storage: ByteStorage) { self.storage = storage }
    }

    /// In memory of their own rather than in the object: the runtime is asked at each touch of an object's variables
    /// whether anybody else has them at that moment, which was a tenth of what a small request costs. Here nobody can:
    /// nothing in this class calls out while it has them.
    @usableFromInline
    let fields: UnsafeMutablePointer<Fields>

    /// Makes a buffer with room for `capacity` bytes.
    public init(capacity: Int = 16_384) {
        unsafe fields = .allocate(capacity: 1)
        unsafe fields.initialize(to: Fields(storage: ByteStorage(capacity: max(capacity, 1))))
    }

    deinit {
        unsafe fields.deinitialize(count: 1)
        unsafe fields.deallocate()
    }

    // The fields live from `init` to `deinit`.

    @usableFromInline
    var storage: ByteStorage {
        @inlinable get { unsafe fields.pointee.storage }
        set { unsafe fields.pointee.storage = newValue }
    }

    @usableFromInline
    var start: Int {
        @inlinable get { unsafe fields.pointee.start }
        @inlinable set { unsafe fields.pointee.start = newValue }
    }

    @usableFromInline
    var end: Int {
        @inlinable get { unsafe fields.pointee.end }
        @inlinable set { unsafe fields.pointee.end = newValue }
    }

    /// Whether nobody else, and no slice, holds the storage.
    private var isAlone: Bool { unsafe isKnownUniquelyReferenced(&fields.pointee.storage) }

    /// How many bytes wait to be read.
    @inlinable
    public var count: Int { end &- start }

    /// Whether nothing waits to be read.
    @inlinable
    public var isEmpty: Bool { start == end }

    /// How much memory is held, in bytes.
    public var capacity: Int { storage.capacity }

    /// The bytes that wait to be read.
    @inlinable
    public var span: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(storage.span(offset: start, count: count), borrowing: self) }
    }

    /// Marks the first `count` bytes as read.
    @inlinable
    public func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "consumed more than there is")
        start &+= count
    }

    /// Takes the first `count` bytes as a slice of the buffer's memory, without copying.
    @inlinable
    public func takeSlice(_ count: Int) -> ByteSlice {
        precondition(count >= 0 && count <= self.count, "took more than there is")
        let slice = ByteSlice(storage: storage, offset: start, count: count)
        start &+= count
        return slice
    }

    /// The first `count` bytes as a slice of the buffer's memory, without marking them as read.
    @inlinable
    public func slice(_ range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice out of bounds")
        return ByteSlice(storage: storage, offset: start &+ range.lowerBound, count: range.count)
    }

    /// Makes room for at least `room` more bytes behind the unread ones.
    ///
    /// Memory that nobody else holds is reused; else the unread bytes move to new memory: as large as it must be where the
    /// room asked for is a frame's known rest, and twice as large where it is less than what is there, so that much that
    /// comes in small pieces is not moved for each of them.
    public func reserve(_ room: Int) {
        guard storage.capacity - end < room else { return }
        let count = self.count
        // Slices given out keep their bytes: the front is written again only where nobody else holds the storage.
        if isAlone {
            if count == 0, storage.capacity >= room {
                start = 0
                end = 0
                return
            }
            // Moving pays where the room gained is not small against what is moved.
            if storage.capacity - count >= room, start >= count {
                storage.copy(storage.span(offset: start, count: count), to: 0)
                start = 0
                end = count
                return
            }
        }
        let larger = ByteStorage(capacity: max(count + max(room, count), min(storage.capacity, 65_536)))
        larger.copy(storage.span(offset: start, count: count), to: 0)
        storage = larger
        start = 0
        end = count
    }

    /// Lets `body` fill the free room, at least `room` bytes of it; it returns how many bytes it wrote.
    @inlinable
    public func fill<Failure: Error>(
        atLeast room: Int = 1, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        if isEmpty, start > 0 { rewind() }
        reserve(room)
        let free = storage.capacity &- end
        // From `end` on nothing was given out, so nobody reads what is written here.
        let written = try unsafe body(UnsafeMutableRawBufferPointer(start: storage.base + end, count: free))
        precondition(written >= 0 && written <= free)
        end &+= written
        return written
    }

    /// Starts at the front again where nobody else holds the memory.
    @usableFromInline
    func rewind() {
        guard isAlone else { return }
        start = 0
        end = 0
    }

    /// Appends bytes that came from elsewhere: from TLS, a test, a file.
    public func append(_ bytes: RawSpan) {
        reserve(bytes.byteCount)
        storage.copy(bytes, to: end)
        end += bytes.byteCount
    }

    /// Gives memory beyond `capacity` back, where nothing waits to be read.
    public func shrink(to capacity: Int) {
        guard isEmpty, storage.capacity > capacity else { return }
        storage = ByteStorage(capacity: max(capacity, 1))
        start = 0
        end = 0
    }
}
