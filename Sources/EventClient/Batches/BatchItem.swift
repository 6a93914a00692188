import Bytes
import FoundationEssentials

/// An event on its way in a batch.
struct BatchItem: Sendable {
    /// Its place among the events that were given.
    var index: Int
    var id: UUID
    /// Its JSON, without a line's end.
    var line: ByteSlice
}

/// Puts events together to batches, within bounds. A single event that is past the bytes' bound is a batch all the same:
/// what is too large is the API's to say.
struct BatchAssembler {
    private(set) var maximumEvents: Int
    private(set) var maximumBytes: Int
    private var items: [BatchItem] = []
    private var bytes = 0

    init(maximumEvents: Int, maximumBytes: Int) {
        self.maximumEvents = maximumEvents
        self.maximumBytes = maximumBytes
    }

    /// Adds an event; gives the batch before it where the event does not fit in any more.
    mutating func add(_ item: BatchItem) -> [BatchItem]? {
        // A line's end more.
        let size = item.line.count + 1
        let full = items.count >= maximumEvents || bytes + size > maximumBytes ? finish() : nil
        items.append(item)
        bytes += size
        return full
    }

    /// The last batch; nil where there is nothing.
    mutating func finish() -> [BatchItem]? {
        guard !items.isEmpty else { return nil }
        defer {
            items = []
            bytes = 0
        }
        return items
    }

    /// The API found a batch of so many events too large: the next ones are half of it.
    mutating func shrink(below count: Int) {
        maximumEvents = max(1, min(maximumEvents, count) / 2)
        maximumBytes = max(1, maximumBytes / 2)
    }
}
