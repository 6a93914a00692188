import Bytes

/// What waits for a reader: so many events and bytes, and how many came beyond.
struct LiveQueue {
    /// The most events that wait, and their bytes.
    static let (mostEvents, mostBytes) = (1_024, 4 << 20)

    private var events: [ByteSlice] = []
    private var bytes = 0
    private var dropped = 0

    /// Keeps an event, or counts it as dropped where there is no room.
    mutating func add(_ event: ByteSlice) {
        // Once some are dropped, all are until the reader was told: it sees one gap, where it is.
        guard dropped == 0, events.count < Self.mostEvents, bytes + event.count <= Self.mostBytes else {
            dropped += 1
            return
        }
        events.append(event)
        bytes += event.count
    }

    /// All that waits, as server-sent events; what was dropped is told of behind it. Nil where there is nothing.
    mutating func take() -> [ByteSlice]? {
        guard !events.isEmpty || dropped > 0 else { return nil }
        var all = events
        if dropped > 0 { all.append(ByteSlice(utf8: "event: dropped\ndata: {\"count\":\(dropped)}\n\n")) }
        events.removeAll(keepingCapacity: true)
        bytes = 0
        dropped = 0
        return all
    }
}

/// Which events a reader wants.
struct LiveFilter: Hashable, Sendable {
    /// One of these names; any where there are none.
    var names: Set<ByteSlice> = []
    var conversationID: ByteSlice?
    var hasError: Bool?

    func takes(name: ByteSlice, conversationID: ByteSlice, error: ByteSlice) -> Bool {
        (names.isEmpty || names.contains(name)) && (self.conversationID ?? conversationID) == conversationID
            && (hasError ?? !error.isEmpty) == !error.isEmpty
    }
}
