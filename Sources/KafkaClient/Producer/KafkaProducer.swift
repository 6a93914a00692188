public import Bytes
public import KafkaProtocol
public import Transport

/// Sends records to Kafka: in batches, acknowledged by all replicas, each once and in order within its partition.
///
/// It belongs to one event loop. `run()` owns its tasks and must run while it is used:
///
///     try await withThrowingTaskGroup { group in
///         group.addTask { try await producer.run() }
///         let place = try await producer.send(topic: "events", key: key, value: value)
///         await producer.close()
///     }
///
/// Calls from tasks of its loop cost no hop; calls from elsewhere move there and back.
public final class KafkaProducer: Sendable {
    let core: ProducerCore

    /// The loop that it belongs to.
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
    public func run() async throws {
        try await loop.run {
            await self.core.run()
        }
    }

    /// Waits until everything that was taken is acknowledged or has failed.
    ///
    /// - Throws: `KafkaError` `.cancelled` where the task is cancelled; the records go on.
    public func flush() async throws {
        try await loop.run { try await self.core.flush() }
    }

    /// Takes nothing more, waits until everything that was taken is acknowledged or has failed, and ends `run()`.
    ///
    /// Where the task is cancelled it does not wait any longer: what is not acknowledged then fails with `.closed`.
    public func close() async {
        // Only what the body throws is thrown, and it throws nothing.
        try? await loop.run { await self.core.close() }
    }

    // MARK: Topics

    /// Learns of a topic, so that the first record finds its partition, and `append` can be used.
    ///
    /// - Returns: how many partitions the topic has.
    /// - Throws: `KafkaError` `.unknownTopic` where there is none, and others where the cluster cannot be reached.
    @discardableResult
    public func prepare(topic: String) async throws -> Int {
        try await loop.run { try await self.core.topic(topic).count }
    }

    /// Whether a broker is connected. On the loop only.
    public var isConnected: Bool {
        loop.preconditionCurrent()
        return core.cluster.isConnected
    }

    /// Why records cannot be sent now; nil while all is well. On the loop only.
    ///
    /// It is told without anything being sent: that a broker has died is seen as soon as its connection ends, that one
    /// hangs about ten seconds later (`KafkaConfiguration.silenceLimit`, and the time that it gets to answer). It names, in
    /// this order: the producer's end; brokers that do not answer; a producer id that is not given; a topic none of whose
    /// partitions has a leader. All but the first pass by themselves once the cause is gone.
    public var problem: KafkaError? {
        loop.preconditionCurrent()
        return core.problem
    }

    /// How many bytes wait for acknowledgement. On the loop only.
    public var bufferedBytes: Int {
        loop.preconditionCurrent()
        return core.bufferedBytes
    }

    /// Waits until the buffer has so many bytes left, and takes the room from nobody: for bulk, which leaves room for
    /// records that cannot wait. A buffer in which nothing waits has room for anything. On the loop only.
    ///
    /// - Throws: `KafkaError`: `.bufferFull` where there is none by then; `.cancelled`, `.closed`.
    public func waitForRoom(_ bytes: Int, until deadline: Deadline) async throws(KafkaError) {
        loop.preconditionCurrent()
        try await core.waitToSpare(bytes, until: deadline)
    }

    // MARK: Sending

    /// Sends a record and waits for its acknowledgement. A caller that is cancelled while it waits for the
    /// acknowledgement goes on waiting: the record is on its way.
    ///
    /// - Parameters:
    ///   - partition: where it goes; else the key's murmur2 hash decides, as with the Java client, and records without
    ///     a key fill one partition's batch after the other's.
    /// - Throws: `KafkaError`.
    public func send(
        topic: String, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader] = [], partition: Int32? = nil
    ) async throws -> RecordMetadata {
        try await loop.run {
            let core = self.core
            let topic = try await core.topic(topic)
            let bytes = RecordBatchBuilder.maximumSize(keyCount: key?.count, valueCount: value?.count, headers: headers)
            try core.checkSize(bytes, topic: topic.name, partition: partition)
            let delivery = try await core.whenRoom(for: bytes) {
                try core.append(to: topic, key: key, value: value, headers: headers, partition: partition)
            }
            return try await delivery.acknowledged()
        }
    }

    /// Sends a record whose key and value are written straight into the producer's buffer, and waits for its
    /// acknowledgement. An empty key is no key.
    ///
    /// - Throws: `KafkaError`, and what `write` throws; then nothing is sent.
    public func send(
        topic: String, headers: [RecordHeader] = [], partition: Int32? = nil,
        write: (_ key: inout ByteWriter, _ value: inout ByteWriter) throws -> Void
    ) async throws -> RecordMetadata {
        try await loop.run {
            let core = self.core
            let topic = try await core.topic(topic)
            let delivery = try await core.whenRoom(for: 1) {
                try core.append(to: topic, headers: headers, partition: partition, write: write)
            }
            return try await delivery.acknowledged()
        }
    }

    /// Takes a record without waiting; the delivery tells of its acknowledgement. On the loop only.
    ///
    /// - Throws: `KafkaError`: `.unknownTopic` where the topic was not prepared, `.bufferFull` whatever `whenFull` says.
    public func append(
        topic: String, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader] = [], partition: Int32? = nil
    ) throws -> Delivery {
        loop.preconditionCurrent()
        let topic = try core.preparedTopic(topic)
        guard
            core.hasRoom(
                for: RecordBatchBuilder.maximumSize(keyCount: key?.count, valueCount: value?.count, headers: headers))
        else {
            throw core.bufferFull
        }
        return try core.append(to: topic, key: key, value: value, headers: headers, partition: partition)
    }

    /// Takes a record whose key and value are written straight into the producer's buffer, without waiting. An empty
    /// key is no key. On the loop only.
    ///
    /// - Throws: `KafkaError`: `.unknownTopic` where the topic was not prepared, `.bufferFull` whatever `whenFull` says;
    ///   and what `write` throws; then nothing is sent.
    public func append(
        topic: String, headers: [RecordHeader] = [], partition: Int32? = nil,
        write: (_ key: inout ByteWriter, _ value: inout ByteWriter) throws -> Void
    ) throws -> Delivery {
        loop.preconditionCurrent()
        let topic = try core.preparedTopic(topic)
        guard core.hasRoom(for: 1) else { throw core.bufferFull }
        return try core.append(to: topic, headers: headers, partition: partition, write: write)
    }
}

/// A record on its way. It belongs to the producer's loop.
public struct Delivery {
    let batch: ProducerBatch
    let index: Int32

    /// Waits for the acknowledgement.
    ///
    /// - Throws: `KafkaError`.
    public func acknowledged() async throws(KafkaError) -> RecordMetadata {
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
