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
struct StoredPlaces {
    /// How many bytes they may take.
    let limit: Int

    /// Those that were noted or asked for since `old` was begun, and those before.
    private var young: [EventID: StoredPlace] = [:]
    private var old: [EventID: StoredPlace] = [:]
    private var youngBytes = 0

    init(limit: Int) { self.limit = limit }

    /// How many places are known.
    var count: Int { young.count + old.count }

    mutating func note(_ place: StoredPlace, of id: EventID) {
        old[id] = nil
        if let known = young.updateValue(place, forKey: id) { youngBytes -= Self.bytes(known) }
        youngBytes += Self.bytes(place)
        // Each generation has half of the room.
        guard youngBytes > limit / 2 else { return }
        old = young
        young = [:]
        youngBytes = 0
    }

    mutating func place(of id: EventID) -> StoredPlace? {
        if let place = young[id] { return place }
        guard let place = old[id] else { return nil }
        note(place, of: id)
        return place
    }

    mutating func forget(_ id: EventID) {
        if let known = young.removeValue(forKey: id) { youngBytes -= Self.bytes(known) }
        old[id] = nil
    }

    /// A slot of the dictionary, of which a quarter is empty at the least, and the allocation.
    private static func bytes(_ place: StoredPlace) -> Int { 144 + place.conversationID.count }
}

/// The places that all loops of a process know.
public final class StoredPlaceCache: Sendable {
    private let places: Mutex<StoredPlaces>

    /// Makes an empty cache.
    ///
    /// - Parameter limit: How many bytes it may take.
    public init(limit: Int = 32 << 20) { places = Mutex(StoredPlaces(limit: limit)) }

    /// Notes where an event will stand, or stands.
    public func note(_ place: StoredPlace, of id: EventID) { places.withLock { $0.note(place, of: id) } }

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
