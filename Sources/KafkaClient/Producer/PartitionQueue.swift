import KafkaProtocol
import Transport

/// Who a producer is to a partition's leader: sequences count from 0 within an identity.
struct ProducerIdentity: Hashable, Sendable {
    var id: Int64
    var epoch: Int16

    /// The identity that fences this one off, or nil where the epochs are used up and a new id is needed.
    var next: ProducerIdentity? {
        epoch < Int16.max ? ProducerIdentity(id: id, epoch: epoch + 1) : nil
    }
}

/// What a partition queue must know of a batch.
protocol SequencedBatch: AnyObject {
    /// How many sequence numbers it takes.
    var recordCount: Int32 { get }
    /// Under whom it was first sent, and with which sequence; nil before.
    var identity: ProducerIdentity? { get set }
    var baseSequence: Int32 { get set }
    /// When its callers are told that it failed.
    var deliveryDeadline: Deadline { get }
    /// Whether that has happened.
    var isExpired: Bool { get set }
}

/// The batches of one partition from their making to their acknowledgement: keeps their order through every retry.
///
/// The rules, after the Java client's (KIP-98, KIP-360), with the epoch kept per partition, as brokers do:
/// - A batch gets its sequence when it is first sent, and keeps it until the broker's answer is definite: acknowledged,
///   or refused in a way that proves that it is not in the log. Only then may it be sent under another epoch.
/// - What failed in a way that may pass is sent again in the order of sequences, once nothing later is in flight.
/// - The oldest batch being refused as out of order proves a gap: a batch before it was given up and never arrived (or
///   the broker lost what it knew). All batches that wait are then numbered anew under the next epoch.
/// - A batch that is given up after it may have been sent leaves the numbering in doubt: new batches wait until the
///   older ones are answered, and then begin at 0 under the next epoch. A late copy of the lost batch is fenced off by
///   that, so nothing comes out of order.
struct PartitionQueue<Batch: SequencedBatch> {
    /// Never sent, oldest first; the last one may still take records.
    private(set) var waiting = Fifo<Batch>()
    /// Sent, failed, to be sent again: by sequence.
    private(set) var retrying: [Batch] = []
    /// Sent and not answered: by sequence.
    private(set) var inFlight: [Batch] = []

    /// What a broker may have in its log from the oldest batch without a definite answer on: by sequence.
    private var window: [Sent] = []

    private struct Sent {
        let batch: Batch
        /// Whether the batch has come to its end.
        var isDone = false
    }

    /// How many batches of a producer a broker remembers. One that is sent again when more have come behind it is not known
    /// for a repetition any more, but taken for one out of order: it would be numbered anew, and be there twice.
    static var remembered: Int { 5 }

    /// Under whom batches are sent; nil until there is a producer id, and when the id's epochs are used up.
    private(set) var identity: ProducerIdentity?
    private(set) var nextSequence: Int32 = 0
    /// Whether a batch was acknowledged under this identity. Until then one batch at a time is sent: a broker that
    /// knows nothing of a producer takes any sequence, so a second batch could overtake a first that failed.
    private(set) var isConfirmed = false
    private var lastAppend = Deadline.distantPast
    /// Whether a batch that may have been sent was given up.
    private(set) var isInDoubt = false
    /// Whether the oldest batch was refused as out of order.
    private(set) var hasGap = false

    /// Before this nothing is sent: the back-off after a failure.
    var notBefore = Deadline.distantPast
    /// How many failures there were in a row.
    private(set) var failures = 0

    var isEmpty: Bool { waiting.isEmpty && retrying.isEmpty && inFlight.isEmpty }

    /// All batches, oldest first.
    var all: [Batch] {
        var all = (inFlight + retrying).sorted { $0.baseSequence.isBefore($1.baseSequence) }
        waiting.forEach { all.append($0) }
        return all
    }

    /// How long a producer may be silent before its broker may have forgotten it (`producer.id.expiration.ms`, a day with
    /// Kafka's defaults).
    static var silence: Duration { .seconds(600) }

    mutating func append(_ batch: Batch, now: Deadline = .now) {
        if isEmpty, lastAppend + Self.silence <= now { isConfirmed = false }
        lastAppend = now
        waiting.append(batch)
    }

    /// Begins with a new producer id. Those without an identity take it at once; others where they need a new one.
    mutating func adopt(_ fresh: ProducerIdentity) {
        guard identity == nil else { return }
        identity = fresh
        nextSequence = 0
        isConfirmed = false
        window = []
        renumber()
    }

    /// Begins anew as somebody else, with nothing on its way that counts any more.
    mutating func restart(as fresh: ProducerIdentity) {
        identity = fresh
        nextSequence = 0
        isConfirmed = false
        isInDoubt = false
        hasGap = false
        window = []
        failures = 0
        notBefore = .distantPast
    }

    /// Another broker leads the partition. It may know less of the producer than the last one did (after an unclean election,
    /// or where the topic was made anew), so that one batch at a time is sent until it has taken one.
    mutating func leaderChanged() { isConfirmed = false }

    /// Whether a new producer id is needed before anything can be sent.
    var needsIdentity: Bool { identity == nil }

    /// Whether something may be sent now.
    func canSend(now: Deadline, limit: Int) -> Bool {
        guard identity != nil, now >= notBefore else { return false }
        guard inFlight.count < (isConfirmed ? limit : 1) else { return false }
        if let first = retrying.first {
            if hasGap { return inFlight.isEmpty }
            guard let place = window.firstIndex(where: { $0.batch === first }), place < Self.remembered else {
                return false
            }
            guard let last = inFlight.last else { return true }
            return last.baseSequence.isBefore(first.baseSequence)
        }
        if waiting.isEmpty { return false }
        return isInDoubt || hasGap ? inFlight.isEmpty : window.count < Self.remembered
    }

    /// The batch to send now; it is in flight from here on.
    ///
    /// - Precondition: `canSend`. May still give nil: where the epochs are used up (`needsIdentity`).
    mutating func next() -> Batch? {
        if hasGap || (isInDoubt && retrying.isEmpty) {
            identity = identity?.next
            nextSequence = 0
            isConfirmed = false
            hasGap = false
            isInDoubt = false
            window = []
            guard identity != nil else { return nil }
            renumber()
        }
        let batch: Batch
        if !retrying.isEmpty {
            batch = retrying.removeFirst()
        } else if let first = waiting.popFirst() {
            batch = first
            number(batch)
        } else {
            return nil
        }
        inFlight.append(batch)
        return batch
    }

    private mutating func number(_ batch: Batch) {
        batch.identity = identity
        batch.baseSequence = nextSequence
        nextSequence = nextSequence.advancedSequence(by: batch.recordCount)
        window.append(Sent(batch: batch))
    }

    private mutating func renumber() {
        for batch in retrying { number(batch) }
    }

    // MARK: Answers

    /// What an answer means for its batch.
    enum Verdict: Hashable {
        /// It is in the log.
        case acknowledged
        /// It is sent again, in its turn.
        case retried
        /// It is given up: its callers are to be told.
        case failed
        /// It is given up, as its callers were told when its time was over.
        case dropped
        /// It is too large for the broker: `split` it.
        case tooLarge
    }

    /// A batch in flight was answered.
    mutating func answered(_ batch: Batch, _ code: KafkaErrorCode) -> Verdict {
        switch code {
        case .none, .duplicateSequenceNumber:
            acknowledge(batch)
            return .acknowledged
        case .outOfOrderSequenceNumber, .unknownProducerID, .invalidProducerEpoch:
            refuse(batch)
        case .messageTooLarge, .recordListTooLarge:
            if batch.recordCount > 1, !batch.isExpired { return .tooLarge }
            giveUp(batch)
            return batch.isExpired ? .dropped : .failed
        default:
            guard code.isRetriable else {
                giveUp(batch)
                return batch.isExpired ? .dropped : .failed
            }
            retry(batch)
        }
        return batch.isExpired ? .dropped : .retried
    }

    /// A batch in flight will get no answer: it may be in the log or not, so it is sent again as it was.
    mutating func unanswered(_ batch: Batch) -> Verdict {
        retry(batch)
        return batch.isExpired ? .dropped : .retried
    }

    /// The broker has the batch.
    mutating func acknowledge(_ batch: Batch) {
        remove(batch)
        close(batch)
        isConfirmed = true
        failures = 0
        notBefore = .distantPast
    }

    /// The batch failed in a way that may pass.
    mutating func retry(_ batch: Batch) {
        failures += 1
        if batch.isExpired { return giveUp(batch) }
        remove(batch)
        let index = retrying.firstIndex { batch.baseSequence.isBefore($0.baseSequence) } ?? retrying.endIndex
        retrying.insert(batch, at: index)
    }

    /// The broker refused the batch's sequence or identity: it is not in the log.
    mutating func refuse(_ batch: Batch) {
        let isOldest =
            inFlight.allSatisfy { $0 === batch || batch.baseSequence.isBefore($0.baseSequence) }
            && retrying.allSatisfy { batch.baseSequence.isBefore($0.baseSequence) }
        if isOldest { hasGap = true }
        retry(batch)
    }

    /// The batch will not be sent again.
    mutating func giveUp(_ batch: Batch) {
        remove(batch)
        close(batch)
        if batch.identity != nil { isInDoubt = true }
    }

    /// Replaces a batch that the broker found too large by its parts, which take over its sequences.
    mutating func split(_ batch: Batch, into parts: [Batch]) {
        remove(batch)
        if let place = window.firstIndex(where: { $0.batch === batch }) {
            window.replaceSubrange(place...place, with: parts.map { Sent(batch: $0) })
        }
        var sequence = batch.baseSequence
        var index = retrying.firstIndex { batch.baseSequence.isBefore($0.baseSequence) } ?? retrying.endIndex
        for part in parts {
            part.identity = batch.identity
            part.baseSequence = sequence
            sequence = sequence.advancedSequence(by: part.recordCount)
            retrying.insert(part, at: index)
            index += 1
        }
    }

    /// Takes out what has passed its deadline. Batches in flight stay until they are answered, marked as expired.
    ///
    /// - Returns: the batches whose callers must be told.
    mutating func expire(now: Deadline) -> [Batch] {
        var expired: [Batch] = []
        for batch in inFlight where batch.deliveryDeadline <= now && !batch.isExpired {
            batch.isExpired = true
            expired.append(batch)
        }
        for batch in retrying where batch.deliveryDeadline <= now {
            batch.isExpired = true
            expired.append(batch)
            giveUp(batch)
        }
        while let first = waiting.first, first.deliveryDeadline <= now {
            first.isExpired = true
            expired.append(first)
            _ = waiting.popFirst()
        }
        return expired
    }

    /// Takes everything out, oldest first; the queue is of no use afterwards.
    mutating func removeAll() -> [Batch] {
        let all = all
        inFlight = []
        retrying = []
        waiting = Fifo()
        window = []
        return all
    }

    /// The batch has come to its end: what was sent before the oldest that has not is of no concern any more.
    private mutating func close(_ batch: Batch) {
        if let place = window.firstIndex(where: { $0.batch === batch }) { window[place].isDone = true }
        window.removeFirst(window.firstIndex { !$0.isDone } ?? window.count)
    }

    private mutating func remove(_ batch: Batch) {
        if let index = inFlight.firstIndex(where: { $0 === batch }) {
            inFlight.remove(at: index)
        } else if let index = retrying.firstIndex(where: { $0 === batch }) {
            retrying.remove(at: index)
        }
    }
}

extension Int32 {
    /// The sequence `count` records further on: after 2³¹ − 1 comes 0.
    func advancedSequence(by count: Int32) -> Int32 {
        Int32((Int64(self) + Int64(count)) & 0x7fff_ffff)
    }

    /// Whether this sequence comes before the other one, of which it is less than half the numbers away.
    func isBefore(_ other: Int32) -> Bool {
        let distance = (Int64(other) - Int64(self)) & 0x7fff_ffff
        return distance != 0 && distance < 0x4000_0000
    }
}
