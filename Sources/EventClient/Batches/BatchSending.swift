import Bytes
import FoundationEssentials
import HTTP

/// What is left to send of a batch, and what became of the rest, as a value: it halves what is too large, and stops where
/// the API is away.
struct BatchSending: Sendable {
    /// Why an event is not accepted.
    struct Failure: Sendable {
        var item: BatchItem
        var error: EventClientError
        /// Whether the event is refused, and would be again; else it found no taker.
        var isRefusal: Bool
    }

    /// What is left, the next at the end.
    private var pending: [[BatchItem]]
    /// Those that the API has.
    private(set) var accepted: [BatchItem] = []
    /// Those that it does not have.
    private(set) var failures: [Failure] = []
    /// Whether the API found a request too large.
    private(set) var wasSplit = false
    /// Why the rest was not sent.
    private(set) var stop: EventClientError?

    init(_ items: [BatchItem]) { pending = items.isEmpty ? [] : [items] }

    /// What is to be sent next; nil where nothing is left.
    var next: [BatchItem]? { pending.last }

    /// The API has answered to what was next.
    mutating func answered(_ outcome: BatchOutcome) {
        guard let items = pending.popLast() else { return }
        for (item, refusal) in zip(items, outcome.refusals) {
            if let refusal {
                failures.append(Failure(item: item, error: refusal, isRefusal: true))
            } else {
                accepted.append(item)
            }
        }
    }

    /// What was next failed as a whole.
    mutating func failed(_ error: EventClientError) {
        guard let items = pending.popLast() else { return }
        if error.code == .tooLarge, items.count > 1 {
            wasSplit = true
            let middle = items.count / 2
            pending.append(Array(items[middle...]))
            pending.append(Array(items[..<middle]))
            return
        }
        // What holds for one event alone says nothing of the others; that the API is away does.
        let isRefusal = error.code == .tooLarge || error.code == .validation && items.count == 1
        failures += items.map { Failure(item: $0, error: error, isRefusal: isRefusal) }
        if isRefusal { return }
        stop = error
        for items in pending.reversed() {
            failures += items.map { Failure(item: $0, error: error, isRefusal: false) }
        }
        pending = []
    }
}

/// What the API says of a batch's events, in their order.
struct BatchOutcome: Sendable {
    /// Why each is refused; nil for what is accepted.
    var refusals: [EventClientError?]

    init(refusals: [EventClientError?]) { self.refusals = refusals }

    private struct Document: Decodable {
        struct Body: Decodable {
            var ids: [UUID?]
            var errors: [Item]
        }
        struct Item: Decodable {
            var index: Int
            var error: String
        }
        var data: Body?
    }

    /// Reads an answer to these items, which must be about each of them.
    init(_ answer: Answer, to items: [BatchItem]) throws(EventClientError) {
        let document = try answer.decode(Document.self)
        guard let data = document.data else {
            // It is the whole body that is refused.
            guard answer.status == 400 else { throw answer.damaged("it has no data") }
            throw answer.failure.error
        }
        refusals = Array(repeating: nil, count: items.count)
        for item in data.errors {
            guard refusals.indices.contains(item.index) else { throw answer.damaged("it is about other events") }
            var error = EventClientError(.validation, item.error, field: Answer.field(of: item.error))
            error.status = answer.status
            error.requestID = answer.requestID
            refusals[item.index] = error
        }
        let expected = zip(items, refusals).map { $1 == nil ? $0.id : nil }
        guard data.ids == expected else { throw answer.damaged("its ids are not those that were sent") }
    }
}

extension ClientCore {
    /// Sends a batch's events, in as many requests as it takes.
    func send(_ items: [BatchItem], within limit: Duration? = nil) async -> BatchSending {
        var sending = BatchSending(items)
        while let next = sending.next {
            do throws(EventClientError) {
                let outcome = try await perform(Self.batch(next), within: limit) { answer throws(EventClientError) in
                    try BatchOutcome(answer, to: next)
                }
                sending.answered(outcome)
            } catch {
                sending.failed(error)
            }
        }
        return sending
    }

    private static func batch(_ items: [BatchItem]) -> Call {
        var writer = ByteWriter(capacity: items.reduce(0) { $0 + $1.line.count + 1 })
        for item in items {
            writer.write(item.line)
            writer.writeByte(UInt8(ascii: "\n"))
        }
        var call = Call(.post, "/events/batch", body: writer.finish(), statuses: [202, 207, 400])
        call.contentType = "application/x-ndjson"
        return call
    }
}
