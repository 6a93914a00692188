import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// A producer's state and decisions: batches that fill, partitions that send, answers that come.
///
/// - Safety: `Sendable` though it is a class with plain state, because all of it is touched on `loop` alone: the
///   public handle moves onto the loop before it calls in, and links, timers and the cluster call back on it.
final class ProducerCore: @unchecked Sendable {
    let configuration: ProducerConfiguration
    let loop: EventLoop
    let cluster: Cluster
    let logger = Logger(label: "kafka.producer")

    var topics: [String: ProducerTopic] = [:]
    /// Where records are written before it is known which batch takes them.
    var scratchKey: ByteWriter?
    var scratchValue: ByteWriter?
    /// Partitions by their leader's broker id.
    var led: [Int32: [ProducerPartition]] = [:]
    /// How many produce requests each broker has not answered.
    var unanswered: [Int32: Int] = [:]
    /// Where each broker's next request begins to collect, so that none of its partitions starves.
    var turn: [Int32: Int] = [:]
    /// The next time at which something may be due for a broker.
    var alarms: [Int32: Alarm] = [:]

    struct Alarm {
        let time: Deadline
        let timer: LoopTimer
    }

    /// What the cluster gave this producer as its identity, which each partition takes over; and why it gave none.
    var identifying: IdentityRequests
    /// Whether a task asks for an identity.
    var isIdentifying = false
    /// The brokers that records are being sent to at this very moment: an answer that comes at once looks there later.
    var draining: Set<Int32> = []
    let compressor = RecordCompressor()
    /// The producer's transactions; nil for one without.
    private(set) var transactions: Transactions?

    /// What waits for acknowledgement, and who waits for room beside it.
    var room: RoomQueue<RoomWaiter>
    /// What waits for acknowledgement, in bytes.
    var bufferedBytes: Int { room.bufferedBytes }
    /// Announces that something of the buffer was given back, or that nothing will be.
    let released: LoopSignal
    /// Announces each batch that has come to its end.
    private let settled: LoopSignal
    var upkeep: LoopTimer?
    private(set) var isClosing = false
    /// Why nothing can be sent any more.
    private(set) var failure: KafkaError?

    init(_ configuration: ProducerConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        room = RoomQueue(limit: configuration.bufferBytes)
        cluster = Cluster(configuration.kafka, on: loop)
        identifying = IdentityRequests(configuration.kafka.retryBackoff)
        settled = LoopSignal(on: loop)
        released = LoopSignal(on: loop)
        if let id = configuration.transactionalID {
            transactions = Transactions(id, timeout: configuration.transactionTimeout, self)
        }
        cluster.onMetadata = { [weak self] in self?.metadataChanged() }
        cluster.onLinkReady = { [weak self] broker in self?.drain(broker) }
    }

    // MARK: Taking records

    /// The partition that a record goes to: the one named, else the one that the partitioner chooses.
    func target(in topic: ProducerTopic, key: RawSpan?, partition: Int32?) throws(KafkaError) -> ProducerPartition {
        if let partition { return try topic.partition(partition) }
        return try configuration.partitioner.target(in: topic, key: key)
    }

    /// The batch that takes the next record of the given size, opened where there is none with room.
    func batch(in target: ProducerPartition, bytes: Int) throws(KafkaError) -> ProducerBatch {
        if let failure { throw failure }
        if isClosing { throw closed }
        if let problem = transactions?.state.problem { throw problem }
        try checkSize(bytes, topic: target.topic, partition: target.index)
        if let open = target.open {
            if open.byteCount + bytes <= configuration.batchBytes { return open }
            close(open)
        }
        return openBatch(in: target, bytes: bytes)
    }

    private func openBatch(in partition: ProducerPartition, bytes: Int) -> ProducerBatch {
        let now = Deadline.now
        // As large as the partition's last one became: batches that are sent by time are often small.
        let capacity = min(max(partition.lastByteCount, bytes) + 1024, configuration.batchBytes + 1024)
        let batch = ProducerBatch(
            partition: partition, deliveryDeadline: now + configuration.deliveryTimeout,
            lingerDeadline: now + configuration.linger, capacity: capacity)
        took(batch)
        partition.open = batch
        partition.queue.append(batch, now: now)
        if partition.leader >= 0 {
            setAlarm(partition.leader, at: batch.lingerDeadline)
        } else {
            cluster.wantsRefresh()
        }
        scheduleUpkeep()
        return batch
    }

    /// Counts a batch that is new.
    func took(_ batch: ProducerBatch) { room.took(batch.byteCount) }

    /// Counts what a batch grew by; a batch that is full goes out.
    func grew(_ batch: ProducerBatch, by bytes: Int) {
        room.took(bytes)
        if batch.byteCount >= configuration.batchBytes { close(batch) }
    }

    /// The batch takes no more records.
    func close(_ batch: ProducerBatch) {
        batch.isClosed = true
        guard batch.partition.open === batch else { return }
        batch.partition.open = nil
        if batch.partition.leader >= 0 { setAlarm(batch.partition.leader, at: .distantPast) }
    }

    // MARK: The end

    /// A batch has come to its end: its callers are told, and its bytes given back.
    func finish(_ batch: ProducerBatch, _ outcome: DeliveryOutcome) {
        tell(batch, outcome)
        release(batch)
    }

    /// A batch has come to its end for its callers; what is in flight still needs its bytes.
    func tell(_ batch: ProducerBatch, _ outcome: DeliveryOutcome) {
        batch.settle(outcome)
        settled.signal()
    }

    /// Waits until batches have come to their ends.
    ///
    /// - Throws: `.cancelled`, `.closed`.
    func wait(for batches: [ProducerBatch], until deadline: Deadline) async throws(KafkaError) {
        for (index, batch) in batches.enumerated() {
            while !batch.isFinished {
                switch await settled.waitEnd(until: deadline) {
                case .signalled: continue
                case .deadline:
                    let left = batches[index...].count { !$0.isFinished }
                    throw KafkaError(.timeout, "\(left) batches are not acknowledged yet", isRetriable: true)
                case .cancelled: throw .cancelled
                case .closed: throw .loopEnded
                }
            }
        }
    }

    var closed: KafkaError { KafkaError(.closed, "the producer is closed") }

    /// No new records from here on.
    func beginClosing() {
        isClosing = true
        for waiter in room.removeWaiters() { waiter.decide(.closed) }
        released.signal()
    }

    /// The end of the producer: fails all that waits. Nothing that a broker says comes here, only its owner's wish.
    func abort() {
        guard failure == nil else { return }
        failure = closed
        beginClosing()
        for topic in topics.values {
            for partition in topic.partitions {
                partition.open = nil
                for batch in partition.queue.removeAll() { finish(batch, .failed(closed)) }
            }
        }
        for alarm in alarms.values { alarm.timer.cancel() }
        alarms = [:]
        upkeep?.cancel()
        upkeep = nil
    }
}
