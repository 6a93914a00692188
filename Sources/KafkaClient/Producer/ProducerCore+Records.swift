import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// Records come in, and the producer's life.
extension ProducerCore {
    /// A topic that was prepared.
    func preparedTopic(_ name: String) throws(KafkaError) -> ProducerTopic {
        if let topic = topics[name] { return topic }
        throw failure ?? KafkaError(.unknownTopic, "the topic was not prepared", topic: name)
    }

    /// A topic, once the cluster has told of it.
    func topic(_ name: String) async throws(KafkaError) -> ProducerTopic {
        if let topic = topics[name] { return topic }
        if let failure { throw failure }
        let known = try await cluster.topic(name)
        guard !known.partitions.isEmpty else {
            throw KafkaError(.unknownTopic, "the topic has no partitions", topic: name)
        }
        if let topic = topics[name] { return topic }
        let topic = ProducerTopic(name: name)
        topics[name] = topic
        metadataChanged()
        wantsIdentity()
        return topic
    }

    /// Takes a record once there is room.
    func take(
        topic: String, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader], partition: Int32?, timestamp: Int64?
    ) async throws -> Delivery {
        let topic = try await self.topic(topic)
        let bytes = RecordBatchBuilder.maximumSize(keyCount: key?.count, valueCount: value?.count, headers: headers)
        try checkSize(bytes, topic: topic.name, partition: partition)
        return try await whenRoom(for: bytes) { () throws in
            try append(
                to: topic, key: key, value: value, headers: headers, partition: partition, timestamp: timestamp)
        }
    }

    func append(
        to topic: ProducerTopic, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader], partition: Int32?,
        timestamp: Int64? = nil
    ) throws(KafkaError) -> Delivery {
        let bytes = RecordBatchBuilder.maximumSize(keyCount: key?.count, valueCount: value?.count, headers: headers)
        let target = try target(in: topic, key: key?.span, partition: partition)
        let batch = try batch(in: target, bytes: bytes)
        let before = batch.byteCount
        let index = batch.append(
            key: key, value: value, headers: headers, timestamp: timestamp ?? WallClock.milliseconds)
        grew(batch, by: batch.byteCount - before)
        return Delivery(batch: batch, index: index, loop: loop)
    }

    func append(
        to topic: ProducerTopic, headers: [RecordHeader], partition: Int32?,
        write: (_ key: inout ByteWriter, _ value: inout ByteWriter) throws -> Void
    ) throws -> Delivery {
        // They are taken out meanwhile: what `write` does may come back here.
        var key = scratchKey.take() ?? ByteWriter(capacity: 64)
        var value = scratchValue.take() ?? ByteWriter(capacity: 1024)
        key.removeAll()
        value.removeAll()
        let result = Result { () throws in
            try write(&key, &value)
            return try append(to: topic, key: key, value: value, headers: headers, partition: partition)
        }
        scratchKey = consume key
        scratchValue = consume value
        return try result.get()
    }

    private func append(
        to topic: ProducerTopic, key: borrowing ByteWriter, value: borrowing ByteWriter, headers: [RecordHeader],
        partition: Int32?
    ) throws(KafkaError) -> Delivery {
        let bytes = RecordBatchBuilder.maximumSize(keyCount: key.count, valueCount: value.count, headers: headers)
        let target = try target(in: topic, key: key.isEmpty ? nil : key.span, partition: partition)
        let batch = try batch(in: target, bytes: bytes)
        let before = batch.byteCount
        let timestamp = WallClock.milliseconds
        let index: Int32
        if key.isEmpty {
            let value = ByteSlice(copying: value.span)
            index = batch.append(key: nil, value: value, headers: headers, timestamp: timestamp)
        } else {
            index = batch.append(key: key.span, value: value.span, headers: headers, timestamp: timestamp)
        }
        grew(batch, by: batch.byteCount - before)
        return Delivery(batch: batch, index: index, loop: loop)
    }

    // MARK: Life

    func run() async {
        // So that it is known from the beginning whether brokers answer.
        cluster.wantsRefresh()
        await cluster.run()
        abort()
    }

    /// Waits for everything that was taken so far.
    ///
    /// - Throws: `.timeout` past the deadline, `.cancelled`, `.closed` where the loop ends.
    func flush(until deadline: Deadline = .never) async throws(KafkaError) {
        var batches: [ProducerBatch] = []
        for topic in topics.values {
            for partition in topic.partitions {
                if let open = partition.open { close(open) }
                batches += partition.queue.all
            }
        }
        try await wait(for: batches, until: deadline)
    }

    /// Waits for everything that was taken; a caller that is cancelled, or whose time is up, gives up what is not
    /// acknowledged by then.
    func close(until deadline: Deadline = .never) async {
        await transactions?.abortOpen(until: min(deadline, .after(.seconds(5))))
        beginClosing()
        do throws(KafkaError) {
            try await flush(until: deadline)
        } catch {
            logger.debug("closed before all was acknowledged", metadata: [.error: error])
        }
        abort()
        cluster.close()
    }
}
