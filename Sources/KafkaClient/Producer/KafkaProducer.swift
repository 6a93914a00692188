public import Bytes
public import KafkaProtocol
public import Transport

/// Sends records to Kafka: in batches, acknowledged by all replicas, each once and in order within its partition.
///
/// `run()` owns its tasks and must run while it is used:
///
///     try await withThrowingTaskGroup { group in
///         group.addTask { try await producer.run() }
///         let place = try await producer.send(topic: "events", key: key, value: value)
///         await producer.close()
///     }
///
/// It may be used from any task and any actor. It lives on one event loop: calls from that loop cost no hop, calls from
/// elsewhere move there and back.
public final class KafkaProducer: Sendable {
    let core: ProducerCore

    /// The loop that it lives on.
    public let loop: EventLoop

    /// Makes a producer; nothing is connected before `run()`.
    public init(_ configuration: ProducerConfiguration, on loop: EventLoop) {
        self.loop = loop
        core = ProducerCore(configuration, on: loop)
    }

    // MARK: Life

    /// Connects, sends, and keeps what is known of the cluster fresh, until `close()` or the task's cancellation.
    ///
    /// What is not acknowledged when the task is cancelled fails with `.closed`.
    @concurrent
    public func run() async throws {
        try await loop.run {
            await self.core.run()
        }
    }

    /// Waits until everything that was taken is acknowledged or has failed.
    ///
    /// - Throws: `KafkaError`: `.timeout` past the deadline, `.cancelled` where the task is cancelled; the records go on.
    @concurrent
    public func flush(until deadline: Deadline = .never) async throws {
        try await loop.run { try await self.core.flush(until: deadline) }
    }

    /// Takes nothing more, waits until everything that was taken is acknowledged or has failed, and ends `run()`.
    ///
    /// Where the task is cancelled, or the deadline passes, it does not wait any longer: what is not acknowledged then
    /// fails with `.closed`.
    @concurrent
    public func close(until deadline: Deadline = .never) async {
        // Only what the body throws is thrown, and it throws nothing.
        try? await loop.run { await self.core.close(until: deadline) }
    }

    // MARK: Topics

    /// Learns of a topic, so that the first record finds its partition at once.
    ///
    /// - Returns: how many partitions the topic has.
    /// - Throws: `KafkaError` `.unknownTopic` where there is none, and others where the cluster cannot be reached.
    @concurrent
    @discardableResult
    public func prepare(topic: String) async throws -> Int {
        try await loop.run { try await self.core.topic(topic).count }
    }

    // MARK: Sending

    /// Sends a record and waits for its acknowledgement. A caller that is cancelled while it waits for the
    /// acknowledgement goes on waiting: the record is on its way.
    ///
    /// - Parameters:
    ///   - partition: where it goes; else the configuration's partitioner decides.
    ///   - timestamp: its time, in milliseconds since 1970; now where it is nil.
    /// - Throws: `KafkaError`.
    @concurrent
    public func send(
        topic: String, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader] = [], partition: Int32? = nil,
        timestamp: Int64? = nil
    ) async throws -> RecordMetadata {
        try await loop.run {
            try await self.core.take(
                topic: topic, key: key, value: value, headers: headers, partition: partition, timestamp: timestamp
            ).settled()
        }
    }

    /// Sends a record whose key and value are written straight into the producer's buffer, and waits for its
    /// acknowledgement. An empty key is no key.
    ///
    /// - Throws: `KafkaError`, and what `write` throws; then nothing is sent.
    @concurrent
    public func send(
        topic: String, headers: [RecordHeader] = [], partition: Int32? = nil,
        write: @Sendable (_ key: inout ByteWriter, _ value: inout ByteWriter) throws -> Void
    ) async throws -> RecordMetadata {
        try await loop.run {
            let core = self.core
            let topic = try await core.topic(topic)
            let delivery = try await core.whenRoom(for: 1) {
                try core.append(to: topic, headers: headers, partition: partition, write: write)
            }
            return try await delivery.settled()
        }
    }

    /// Takes a record into the buffer, once there is room; the delivery tells of its acknowledgement. Records of one task
    /// that go to one partition are in the order of their calls.
    ///
    /// - Throws: `KafkaError`; then nothing is sent.
    @concurrent
    public func enqueue(
        topic: String, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader] = [], partition: Int32? = nil,
        timestamp: Int64? = nil
    ) async throws -> Delivery {
        try await loop.run {
            try await self.core.take(
                topic: topic, key: key, value: value, headers: headers, partition: partition, timestamp: timestamp)
        }
    }

    // MARK: How it is

    /// Whether a broker is connected.
    public var isConnected: Bool {
        get async { await look(otherwise: false) { $0.isConnected } }
    }

    /// Why records cannot be sent now; nil while all is well.
    ///
    /// It is told without anything being sent: that a broker has died is seen as soon as its connection ends, that one
    /// hangs about ten seconds later (`KafkaConfiguration.silenceLimit`, and the time that it gets to answer). It names, in
    /// this order: the producer's end; brokers that do not answer; a producer id that is not given; a topic none of whose
    /// partitions has a leader. All but the first pass by themselves once the cause is gone.
    public var problem: KafkaError? {
        get async { await look(otherwise: .loopEnded) { $0.problem } }
    }

    /// How many bytes wait for acknowledgement.
    public var bufferedBytes: Int {
        get async { await look(otherwise: 0) { $0.bufferedBytes } }
    }

    @concurrent
    private func look<Value: Sendable>(
        otherwise ended: Value, _ body: @Sendable (OnLoop) -> Value
    ) async -> Value {
        // The loop's end is all that can be thrown.
        (try? await loop.run { body(onLoop) }) ?? ended
    }
}

/// A record on its way.
public struct Delivery: Sendable {
    let batch: ProducerBatch
    let index: Int32
    let loop: EventLoop

    /// Waits for the acknowledgement.
    ///
    /// - Throws: `KafkaError`.
    @concurrent
    public func acknowledged() async throws(KafkaError) -> RecordMetadata {
        do {
            return try await loop.run { try await settled() }
        } catch let error as KafkaError {
            throw error
        } catch {
            throw .loopEnded
        }
    }

    /// Waits for the acknowledgement. On the producer's loop only.
    package func settled() async throws(KafkaError) -> RecordMetadata {
        var batch = batch
        var index = index
        while true {
            switch await batch.end() {
            case .acknowledged(let base):
                let isKnown = Int64.possibleOffsets.contains(base)
                return RecordMetadata(partition: batch.partition.index, offset: isKnown ? base + Int64(index) : -1)
            case .failed(let error):
                throw error
            case .split(let first, let second):
                (batch, index) = index < first.recordCount ? (first, index) : (second, index - first.recordCount)
            }
        }
    }
}
