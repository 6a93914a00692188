import Bytes
import FoundationEssentials
import Transport

/// What a buffer holds and what it does next, as a value that knows neither clock nor connection. One batch is on its way at
/// a time, and what was taken first is settled first, so that "all that came before" is a number.
struct BufferState {
    struct Item: Sendable {
        var event: NewEvent
        var line: ByteSlice
        /// When it was taken.
        var time: Deadline

        /// What it counts: its JSON and a line's end.
        var size: Int { line.count + 1 }
    }

    enum Taken: Equatable {
        case taken, full, tooLarge, closed
    }

    enum Step {
        /// Send these; `settle()` follows.
        case send([Item])
        /// Nothing is due before then, unless something changes.
        case wait(until: Deadline)
        /// Nothing is left, and nothing comes any more.
        case end
    }

    private let configuration: EventBufferConfiguration
    private let batchEvents: Int
    private let batchBytes: Int

    /// What waits, from `head` on.
    private var queue: [Item] = []
    private var head = 0
    private var queuedBytes = 0
    /// How many events, and how many bytes, are on their way.
    private var sending = 0
    private var sendingBytes = 0
    /// How many events were ever taken, and how many of them are sent or handed over.
    private(set) var takenCount = 0
    private(set) var settledCount = 0
    /// Up to which event sending does not wait for others.
    private var flushMark = 0
    private(set) var isClosed = false

    init(_ configuration: EventBufferConfiguration, batchEvents: Int, batchBytes: Int) {
        self.configuration = configuration
        self.batchEvents = batchEvents
        self.batchBytes = batchBytes
    }

    private var queued: Int { queue.count - head }

    /// How many events it holds.
    var count: Int { queued + sending }

    /// How many bytes it holds.
    var bytes: Int { queuedBytes + sendingBytes }

    /// Takes an event, where there is room.
    mutating func take(_ item: Item) -> Taken {
        if isClosed { return .closed }
        if item.size > configuration.maximumBytes { return .tooLarge }
        guard count < configuration.maximumEvents, bytes + item.size <= configuration.maximumBytes else {
            // Somebody waits: what is here goes out at once.
            flushMark = takenCount
            return .full
        }
        queue.append(item)
        queuedBytes += item.size
        takenCount += 1
        return .taken
    }

    /// All that is here goes out at once.
    ///
    /// - Returns: what `settledCount` is once it is settled.
    mutating func flush() -> Int {
        flushMark = takenCount
        return takenCount
    }

    /// Takes nothing more; what is here goes out at once.
    mutating func close() {
        isClosed = true
        flushMark = takenCount
    }

    /// What is to be done now.
    mutating func next(now: Deadline) -> Step {
        if sending > 0 { return .wait(until: .never) }
        guard queued > 0 else { return isClosed ? .end : .wait(until: .never) }
        let due = queue[head].time.advanced(by: configuration.interval)
        guard flushMark > settledCount || queued >= batchEvents || queuedBytes >= batchBytes || due <= now else {
            return .wait(until: due)
        }
        return .send(takeBatch())
    }

    private mutating func takeBatch() -> [Item] {
        var end = head
        var size = 0
        while end < queue.count, end - head < batchEvents {
            // One that is past the bound alone goes alone.
            guard end == head || size + queue[end].size <= batchBytes else { break }
            size += queue[end].size
            end += 1
        }
        let batch = Array(queue[head..<end])
        head = end
        queuedBytes -= size
        sending = batch.count
        sendingBytes = size
        // Moved seldom, so that each event is moved once or twice in all.
        if head * 2 >= queue.count {
            queue.removeSubrange(..<head)
            head = 0
        }
        return batch
    }

    /// What was on its way has been sent, or was handed over.
    mutating func settle() {
        settledCount += sending
        sending = 0
        sendingBytes = 0
    }

    /// Closes, and gives all that waits: it is as on its way, and `settle()` follows. For when nothing is on its way.
    mutating func abandon() -> [Item] {
        close()
        let rest = Array(queue[head...])
        sending += rest.count
        sendingBytes += queuedBytes
        queue = []
        head = 0
        queuedBytes = 0
        return rest
    }
}
