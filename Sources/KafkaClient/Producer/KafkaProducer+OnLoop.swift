package import Bytes
package import KafkaProtocol
package import Transport

extension KafkaProducer {
    /// What costs nothing and waits for nothing, for code of this package that is on the producer's loop already: it traps
    /// anywhere else, so it is nobody else's.
    package var onLoop: OnLoop {
        loop.preconditionCurrent()
        return OnLoop(core: core)
    }

    /// A producer, from its own loop.
    package struct OnLoop {
        let core: ProducerCore

        /// Whether a broker is connected.
        package var isConnected: Bool { core.cluster.isConnected }

        /// See `KafkaProducer.problem`.
        package var problem: KafkaError? { core.problem }

        /// How many bytes wait for acknowledgement.
        package var bufferedBytes: Int { core.bufferedBytes }

        /// Waits until the buffer has so many bytes left, and takes the room from nobody: for bulk, which leaves room for
        /// records that cannot wait. A buffer in which nothing waits has room for anything.
        ///
        /// - Throws: `KafkaError`: `.bufferFull` where there is none by then; `.cancelled`, `.closed`.
        package func waitForRoom(_ bytes: Int, until deadline: Deadline) async throws(KafkaError) {
            try await core.waitToSpare(bytes, until: deadline)
        }

        /// Takes a record without waiting; the delivery tells of its acknowledgement.
        ///
        /// - Throws: `KafkaError`: `.unknownTopic` where the topic was not prepared, `.bufferFull` whatever `whenFull`
        ///   says.
        package func append(
            topic: String, key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader] = [], partition: Int32? = nil
        ) throws(KafkaError) -> Delivery {
            let topic = try core.preparedTopic(topic)
            guard
                core.hasRoom(
                    for: RecordBatchBuilder.maximumSize(
                        keyCount: key?.count, valueCount: value?.count, headers: headers))
            else {
                throw core.bufferFull
            }
            return try core.append(to: topic, key: key, value: value, headers: headers, partition: partition)
        }

        /// Takes a record whose key and value are written straight into the producer's buffer, without waiting. An empty
        /// key is no key.
        ///
        /// - Throws: `KafkaError`: `.unknownTopic` where the topic was not prepared, `.bufferFull` whatever `whenFull`
        ///   says; and what `write` throws; then nothing is sent.
        package func append(
            topic: String, headers: [RecordHeader] = [], partition: Int32? = nil,
            write: (_ key: inout ByteWriter, _ value: inout ByteWriter) throws -> Void
        ) throws -> Delivery {
            let topic = try core.preparedTopic(topic)
            guard core.hasRoom(for: 1) else { throw core.bufferFull }
            return try core.append(to: topic, headers: headers, partition: partition, write: write)
        }
    }
}
