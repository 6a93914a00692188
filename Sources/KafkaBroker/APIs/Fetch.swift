import Bytes
import KafkaProtocol
import Transport

extension BrokerCore {
    /// Fetch: reads what there is; where that is less than the client wants, waits for more.
    ///
    /// Fetch sessions (KIP-227) are not kept: session 0 in the answer has clients name their partitions each time.
    func fetch(_ call: Call, _ request: FetchRequest) async -> Answer {
        var response = FetchResponse()
        guard request.sessionID == 0 else {
            response.errorCode = .fetchSessionIDNotFound
            return respond(call, response)
        }
        let byID = call.version >= 13
        func topic(_ wanted: FetchRequest.Topic) -> Topic? {
            byID ? self.topic(id: wanted.topicID) : topics[wanted.topic]
        }
        await waitForBytes(call, request, topic)
        var room = max(min(Int(request.maxBytes), configuration.fetchMemory / 8, answerBudget.left / 2), 0)
        let held = answerBudget.charge(0)
        for wanted in request.topics {
            var result = FetchResponse.FetchableTopic()
            result.topic = wanted.topic
            result.topicID = wanted.topicID
            for partition in wanted.partitions {
                guard let topic = topic(wanted) else {
                    result.partitions.append(
                        .refused(partition.partition, byID ? .unknownTopicID : .unknownTopicOrPartition))
                    continue
                }
                let data = await read(topic, partition, room: room, atLeastOne: held.amount == 0)
                let count = data.records?.count ?? 0
                // What is held is charged at once: others that fetch meanwhile see it.
                held.grow(by: count)
                room -= min(count, room)
                result.partitions.append(data)
            }
            response.responses.append(result)
        }
        metrics.fetchedBytes += held.amount
        return respond(call, response, held: held)
    }

    /// Waits until the partitions have as much as the client wants, one of them has an error, or time is up. Where there
    /// is no room to wait in, the client gets what there is, as if its time were up.
    private func waitForBytes(
        _ call: Call, _ request: FetchRequest, _ topic: (FetchRequest.Topic) -> Topic?
    ) async {
        guard request.maxWaitMs > 0, request.minBytes > 0 else { return }
        var missing = Int(request.minBytes)
        var partitions: [Partition] = []
        for wanted in request.topics {
            for asked in wanted.partitions {
                guard let partition = topic(wanted)?.partition(asked.partition),
                    asked.fetchOffset >= partition.log.startOffset, asked.fetchOffset <= partition.log.endOffset
                else { return }
                missing -= partition.log.available(from: asked.fetchOffset)
                partitions.append(partition)
            }
        }
        guard missing > 0, mayWait(call) else { return }
        let watch = FetchWatch(missing: missing, on: loop)
        for partition in partitions { partition.add(watch) }
        await watch.wait(until: .after(milliseconds: Int(min(request.maxWaitMs, 300_000))))
        for partition in partitions { partition.remove(watch) }
    }

    private func read(
        _ topic: Topic, _ asked: FetchRequest.Partition, room: Int, atLeastOne: Bool
    ) async -> FetchResponse.PartitionData {
        guard let partition = topic.partition(asked.partition) else {
            return .refused(asked.partition, .unknownTopicOrPartition)
        }
        let log = partition.log
        guard asked.currentLeaderEpoch <= log.leaderEpoch else {
            return .refused(asked.partition, .unknownLeaderEpoch)
        }
        var data = FetchResponse.PartitionData()
        data.partitionIndex = asked.partition
        data.records = .empty
        let maxBytes = max(min(Int(asked.partitionMaxBytes), room), 0)
        do throws(BrokerError) {
            switch log.read(from: asked.fetchOffset, maxBytes: maxBytes, atLeastOne: atLeastOne) {
            case .memory(let slices): data.records = slices.joined()
            case .disk(let read):
                if maxBytes > 0 || atLeastOne {
                    data.records = try await BlockingPool.run { () throws(BrokerError) in try read.run() }
                }
            case .end: break
            case .outOfRange: data.errorCode = .offsetOutOfRange
            }
        } catch {
            report(error)
            data.errorCode = .kafkaStorageError
        }
        data.highWatermark = log.endOffset
        data.lastStableOffset = log.endOffset
        data.logStartOffset = log.startOffset
        data.abortedTransactions = nil
        return data
    }
}

extension FetchResponse.PartitionData {
    fileprivate static func refused(_ partition: Int32, _ error: KafkaErrorCode) -> Self {
        Self {
            $0.partitionIndex = partition
            $0.errorCode = error
            $0.highWatermark = -1
            $0.abortedTransactions = nil
            $0.records = .empty
        }
    }
}

extension [ByteSlice] {
    /// All of them as one; a single one as it is.
    fileprivate func joined() -> ByteSlice {
        guard count > 1 else { return first ?? .empty }
        var writer = ByteWriter(capacity: reduce(0) { $0 + $1.count })
        for slice in self { writer.write(slice) }
        return writer.finish()
    }
}
