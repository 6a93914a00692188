public import Bytes
public import Events
import Synchronization

/// Where the rows of an event stand in their table: it never changes once the event is stored.
public struct StoredPlace: Sendable, Hashable {
    /// The conversation that the event belongs to.
    public var conversationID: ByteSlice
    /// When it was created.
    public var createdAt: Timestamp

    /// Makes a place. The conversation's bytes are kept as they are: of a larger piece of memory they are to be a copy.
    public init(conversationID: ByteSlice, createdAt: Timestamp) {
        self.conversationID = conversationID
        self.createdAt = createdAt
    }
}

/// The places of events that were accepted or read lately, within bounds: what is not asked for is dropped first.
///
/// They say where to look, never what is there. A place that is wrong (a second create of an id changes nothing) shows no row
/// of the event, and the event is looked up by its key.
///
/// A table of sets of four slots, as a processor's cache is: noting one of a hundred thousand events that come in one request
/// takes no memory and moves none. Longer conversation ids than a slot holds are not noted; ids of events that meet in one
/// set, by chance or by intent, push out each other alone.
struct StoredPlaces {
    private struct Slot {
        var id: EventID
        var milliseconds: Int64
        /// The conversation's id, no bytes where the slot is free.
        var count: UInt8 = 0
        var text = InlineArray<39, UInt8>(repeating: 0)

        static let free = Slot(id: EventID(high: 0, low: 0), milliseconds: 0)

        var place: StoredPlace {
            var writer = ByteWriter(capacity: Int(count))
            for index in 0..<Int(count) { writer.writeByte(text[index]) }
            return StoredPlace(
                conversationID: writer.finish(), createdAt: Timestamp(milliseconds: milliseconds))
        }
    }

    /// How many bytes of a conversation's id a slot holds.
    private static let longestText = 39
    private static let setSize = 4
    /// The slots of one piece of memory, which is taken once the first of them is used.
    private static let pageSize = 1_024

    /// Each set's slots stand in the order of their last use, the latest first.
    private var pages: [[Slot]]
    private let setCount: Int

    /// - Parameter limit: How many bytes they may take; where that is too little for one page, nothing is kept.
    init(limit: Int) {
        let count = limit / (Self.pageSize * MemoryLayout<Slot>.stride)
        pages = Array(repeating: [], count: count)
        setCount = count * Self.pageSize / Self.setSize
    }

    /// The memory that is taken.
    var byteCount: Int { pages.reduce(0) { $0 + $1.count * MemoryLayout<Slot>.stride } }

    /// Where the slots of an id's set begin.
    private func set(of id: EventID) -> (page: Int, slot: Int) {
        // Neighbours' ids differ in their last bits alone.
        let mixed = (id.high ^ id.low) &* 0x9E37_79B9_7F4A_7C15
        let first = Int(mixed.multipliedFullWidth(by: UInt64(setCount)).high) * Self.setSize
        return first.quotientAndRemainder(dividingBy: Self.pageSize) as (Int, Int)
    }

    mutating func note(_ conversationID: RawSpan, createdAt: Timestamp, of id: EventID) {
        guard setCount > 0, conversationID.byteCount > 0 else { return }
        guard conversationID.byteCount <= Self.longestText else { return forget(id) }
        var new = Slot(id: id, milliseconds: createdAt.milliseconds, count: UInt8(conversationID.byteCount))
        for index in 0..<conversationID.byteCount { new.text[index] = conversationID[index] }
        let (page, first) = set(of: id)
        if pages[page].isEmpty { pages[page] = Array(repeating: .free, count: Self.pageSize) }
        putFirst(new, page, first)
    }

    mutating func place(of id: EventID) -> StoredPlace? {
        guard setCount > 0 else { return nil }
        let (page, first) = set(of: id)
        guard let index = index(of: id, page, first) else { return nil }
        let slot = pages[page][index]
        putFirst(slot, page, first)
        return slot.place
    }

    mutating func forget(_ id: EventID) {
        guard setCount > 0 else { return }
        let (page, first) = set(of: id)
        guard let index = index(of: id, page, first) else { return }
        // The others move up, so that the free one is used next.
        for next in index..<first + Self.setSize - 1 { pages[page][next] = pages[page][next + 1] }
        pages[page][first + Self.setSize - 1] = .free
    }

    private func index(of id: EventID, _ page: Int, _ first: Int) -> Int? {
        guard !pages[page].isEmpty else { return nil }
        for index in first..<first + Self.setSize where pages[page][index].count > 0 && pages[page][index].id == id {
            return index
        }
        return nil
    }

    /// Puts a slot in front of its set, in place of its older form, or of the last one.
    private mutating func putFirst(_ slot: Slot, _ page: Int, _ first: Int) {
        var index = index(of: slot.id, page, first) ?? first + Self.setSize - 1
        while index > first {
            pages[page][index] = pages[page][index - 1]
            index -= 1
        }
        pages[page][first] = slot
    }
}

/// The places that all loops of a process know.
public final class StoredPlaceCache: Sendable {
    private let places: Mutex<StoredPlaces>

    /// Makes an empty cache.
    ///
    /// - Parameter limit: How many bytes it may take.
    public init(limit: Int = 32 << 20) { places = Mutex(StoredPlaces(limit: limit)) }

    /// Notes where an event will stand, or stands.
    public func note(_ conversationID: RawSpan, createdAt: Timestamp, of id: EventID) {
        places.withLock { $0.note(conversationID, createdAt: createdAt, of: id) }
    }

    /// Takes out the ids whose places are known.
    func places(of ids: [EventID]) -> [EventID: StoredPlace] {
        places.withLock { places in
            var known: [EventID: StoredPlace] = [:]
            for id in ids { known[id] = places.place(of: id) }
            return known
        }
    }

    func forget(_ ids: some Sequence<EventID>) {
        places.withLock { places in for id in ids { places.forget(id) } }
    }
}
