import Bytes
import Events
import KafkaClient
import KafkaProtocol
import Telemetry

/// Operations that are applied together: by event, each event's in the order in which Kafka has them.
struct OperationBatch {
    /// An operation and its place.
    struct Entry {
        var operation: EventOperation
        var version: EventVersion
        /// The next operation on the same event, or -1.
        var next: Int32 = -1
    }

    /// An event's operations: the first and the last of a chain of entries.
    struct Chain {
        var first: Int32
        var last: Int32
        var partition: Int32
    }

    private let epoch: UInt16
    private(set) var entries: [Entry] = []
    private(set) var chains: [EventID: Chain] = [:]
    private(set) var deadLetters: [DeadLetter] = []
    /// By partition: the offset to commit once all is applied.
    private(set) var offsets: [Int32: Int64] = [:]
    /// By partition: the lease under which its records were taken.
    private(set) var leases: [Int32: Int] = [:]
    /// By partition: the time of its oldest record, in milliseconds since 1970.
    private(set) var oldest: [Int32: Int64] = [:]
    /// By partition: the time of its newest record.
    private(set) var newest: [Int32: Int64] = [:]
    /// How many bytes the records have, decompressed: what the batch keeps in memory.
    private(set) var bytes = 0

    /// The traces that messages belong to, those first whose callers record them: some of many.
    private(set) var traces: [TraceContext] = []

    /// How many traces a batch knows of.
    private static let traceLimit = 64

    init(epoch: UInt16) { self.epoch = epoch }

    var isEmpty: Bool { offsets.isEmpty }

    /// How many messages there are.
    var count: Int { entries.count + deadLetters.count }

    /// Takes records of one partition, which follow those that were taken before, until the cursor's end or a limit. A batch
    /// of Kafka's that was begun here keeps its memory here, even where only its last records are taken: it counts again.
    mutating func take(from cursor: inout RecordCursor, lease: Int, upTo count: Int, bytes limit: Int) {
        let partition = cursor.partition.partition
        leases[partition] = lease
        bytes += cursor.openBytes
        var counted = cursor.decompressedBytes
        // One at least: a batch of Kafka's may be larger than the limit, and goes on all the same.
        var isFirst = true
        while isFirst || self.count < count && bytes < limit, let item = cursor.next() {
            isFirst = false
            bytes += cursor.decompressedBytes - counted
            counted = cursor.decompressedBytes
            switch item {
            case .record(let record): append(record, partition: partition)
            case .unreadable(let records):
                bytes += records.bytes.count
                deadLetters.append(DeadLetter(records, partition: partition))
            }
        }
        offsets[partition] = cursor.nextOffset
    }

    /// Takes one message.
    mutating func append(_ record: Record, partition: Int32) {
        if record.timestamp >= 0 {
            oldest[partition] = min(oldest[partition] ?? .max, record.timestamp)
            newest[partition] = max(newest[partition] ?? 0, record.timestamp)
        }
        do throws(EventError) {
            guard let value = record.value else { throw EventError(.empty, "body", "the message has no value") }
            let operation = try EventOperation(message: value)
            guard let version = EventVersion(epoch: epoch, offset: record.offset) else {
                throw EventError(.invalid, "offset", "is past what a row's version can hold")
            }
            append(Entry(operation: operation, version: version), partition: partition)
            if record.headers.count > 0 { note(record.headers) }
        } catch {
            deadLetters.append(DeadLetter(record, partition: partition, reason: error.description))
        }
    }

    private mutating func append(_ entry: Entry, partition: Int32) {
        let index = Int32(entries.count)
        entries.append(entry)
        let last = chains[entry.operation.id]?.last
        guard let last else {
            chains[entry.operation.id] = Chain(first: index, last: index, partition: partition)
            return
        }
        entries[Int(last)].next = index
        chains[entry.operation.id]?.last = index
    }

    private mutating func note(_ headers: RecordHeaders) {
        guard traces.count < Self.traceLimit,
            let text = headers.first(where: { $0.key == "traceparent" })?.value?.utf8,
            let trace = TraceContext(traceparent: text)
        else { return }
        if trace.isSampled { traces.insert(trace, at: 0) } else if traces.isEmpty { traces.append(trace) }
    }

    /// Calls `body` with an event's operations, in order.
    func forEach(in chain: Chain, _ body: (EventOperation, EventVersion) -> Void) {
        var index = chain.first
        while index >= 0 {
            let entry = entries[Int(index)]
            body(entry.operation, entry.version)
            index = entry.next
        }
    }

    /// Whether the whole row is needed to apply an event's operations, where only its state is known: an update that it
    /// does not hold yet keeps the fields that it does not name.
    func needsWholeRow(_ chain: Chain, over state: Event) -> Bool {
        guard !state.isDeleted else { return false }
        var needs = false
        var isDeleted = false
        forEach(in: chain) { operation, version in
            guard version > state.version, !isDeleted else { return }
            if operation.kind == .delete { isDeleted = true }
            if operation.kind == .update { needs = true }
        }
        // What is deleted in the end keeps nothing of what it was.
        return needs && !isDeleted
    }
}
