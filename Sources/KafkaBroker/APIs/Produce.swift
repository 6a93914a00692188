import Bytes
import KafkaProtocol
import Transport

/// A produce request whose batches are on their way into their logs.
struct PendingProduce {
    struct Entry {
        var index: Int32
        /// The error that it was refused with at once, or none.
        var error = KafkaErrorCode.none
        var message: String?
        var partition: Partition?
        var append: Append?
    }

    var call: Call
    var acks: Int16
    var topics: [(name: String, id: KafkaUUID, entries: [Entry])] = []
}

extension BrokerCore {
    /// Checks the batches and puts them behind those that their logs have to write already.
    func begin(_ call: Call, _ request: ProduceRequest) async -> PendingProduce {
        var pending = PendingProduce(call: call, acks: request.acks)
        for topicData in request.topicData {
            let byID = call.version >= 13
            let topic = byID ? topic(id: topicData.topicID) : topics[topicData.name]
            var entries: [PendingProduce.Entry] = []
            for data in topicData.partitionData {
                entries.append(await begin(data, of: topic, byID: byID, call, acks: request.acks))
            }
            pending.topics.append((topicData.name, topicData.topicID, entries))
        }
        return pending
    }

    private func begin(
        _ data: ProduceRequest.PartitionProduceData, of topic: Topic?, byID: Bool, _ call: Call, acks: Int16
    ) async -> PendingProduce.Entry {
        var entry = PendingProduce.Entry(index: data.index)
        guard let partition = topic?.partition(data.index) else {
            entry.error = byID && topic == nil ? .unknownTopicID : .unknownTopicOrPartition
            return entry
        }
        guard (-1...1).contains(acks) else {
            entry.error = .invalidRequiredAcks
            return entry
        }
        switch BatchCheck.check(data.records, version: call.version, maxBytes: partition.maxBatchBytes) {
        case .failure(let refusal):
            entry.error = refusal.error
            entry.message = refusal.message
        case .success(let header):
            let records = data.records ?? .empty
            if let refusal = await checkRecords(records) {
                entry.error = refusal.error
                entry.message = refusal.message
                return entry
            }
            let append = Append(batch: records, header: header)
            entry.partition = partition
            entry.append = append
            partition.log.enqueue(append)
        }
        return entry
    }

    /// Checks a batch's records: here where they are few, on a thread that may block where a little says that it is much.
    private func checkRecords(_ batch: ByteSlice) async -> BatchCheck.Refusal? {
        guard configuration.checksRecords else { return nil }
        switch BatchCheck.checkRecords(batch, using: decompressor, limit: Self.checkedHere) {
        case .done(let refusal): return refusal
        case .larger:
            // One at a time: what each makes takes memory that no budget knows of.
            return await largeChecks.withLock {
                await BlockingPool.run {
                    BatchCheck.checkRecords(batch, using: RecordDecompressor(), limit: BatchCheck.decompressedLimit)
                        .refusal
                }
            }
        }
    }

    /// What records may have, decompressed, to be checked on the loop: a few milliseconds.
    private static let checkedHere = 1 << 20

    /// Waits for the batches to be written.
    func finish(_ pending: PendingProduce) async -> Answer {
        var response = ProduceResponse()
        for topic in pending.topics {
            var result = ProduceResponse.TopicProduceResponse()
            result.name = topic.name
            result.topicID = topic.id
            for entry in topic.entries { result.partitionResponses.append(await finish(entry)) }
            response.responses.append(result)
        }
        if pending.acks == 0 {
            // The client hears of a failure only by the connection's end, as with Kafka.
            for partition in response.responses.flatMap(\.partitionResponses) where partition.errorCode != .none {
                return .close("records that wanted no answer were refused: \(partition.errorCode.name)")
            }
            return .nothing
        }
        return respond(pending.call, response)
    }

    private func finish(_ entry: PendingProduce.Entry) async -> ProduceResponse.PartitionProduceResponse {
        var result = ProduceResponse.PartitionProduceResponse()
        result.index = entry.index
        result.errorCode = entry.error
        result.errorMessage = entry.message
        result.baseOffset = -1
        guard let partition = entry.partition, let append = entry.append else { return result }
        switch await partition.finish(append, report: report) {
        case .appended(let offset):
            metrics.appendedBatches += 1
            metrics.appendedBytes += append.batch.count
            result.baseOffset = offset
        case .duplicate(let offset):
            metrics.duplicateBatches += 1
            result.baseOffset = offset
        case .outOfOrder: result.errorCode = .outOfOrderSequenceNumber
        case .fenced: result.errorCode = .invalidProducerEpoch
        case .failed: result.errorCode = .kafkaStorageError
        case .gone: result.errorCode = .unknownTopicOrPartition
        }
        result.logStartOffset = partition.log.startOffset
        return result
    }
}
