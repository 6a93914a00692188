import KafkaProtocol
import Transport

extension BrokerCore {
    /// ListOffsets: the first and the next offset, and offsets by timestamp.
    func listOffsets(_ call: Call, _ request: ListOffsetsRequest) async -> ListOffsetsResponse {
        var response = ListOffsetsResponse()
        for asked in request.topics {
            var result = ListOffsetsResponse.Topic()
            result.name = asked.name
            for partition in asked.partitions {
                result.partitions.append(await listOffset(topics[asked.name], partition))
            }
            response.topics.append(result)
        }
        return response
    }

    private func listOffset(
        _ topic: Topic?, _ asked: ListOffsetsRequest.Partition
    ) async -> ListOffsetsResponse.Partition {
        var result = ListOffsetsResponse.Partition()
        result.partitionIndex = asked.partitionIndex
        guard let log = topic?.partition(asked.partitionIndex)?.log else {
            result.errorCode = .unknownTopicOrPartition
            return result
        }
        guard asked.currentLeaderEpoch <= log.leaderEpoch else {
            result.errorCode = .unknownLeaderEpoch
            return result
        }
        var timestamp = asked.timestamp
        switch asked.timestamp {
        case -1:
            result.offset = log.endOffset
            result.leaderEpoch = log.leaderEpoch
            return result
        case -2, -4:
            result.offset = log.startOffset
            result.leaderEpoch = log.leaderEpoch
            return result
        case -3:
            guard let latest = log.maxTimestamp else { return result }
            timestamp = latest
        case ..<0: return result
        default: break
        }
        guard let search = log.search(timestamp: timestamp) else { return result }
        do throws(BrokerError) {
            let found = try await BlockingPool.run { () throws(BrokerError) in try search.run() }
            if let found {
                result.offset = found.offset
                result.timestamp = found.timestamp
                result.leaderEpoch = log.leaderEpoch
            }
        } catch {
            report(error)
            result.errorCode = .kafkaStorageError
        }
        return result
    }

    /// OffsetForLeaderEpoch: there was never but one epoch, which ends where the log ends.
    func offsetForLeaderEpoch(
        _ call: Call, _ request: OffsetForLeaderEpochRequest
    ) async -> OffsetForLeaderEpochResponse {
        var response = OffsetForLeaderEpochResponse()
        for asked in request.topics {
            var result = OffsetForLeaderEpochResponse.TopicResult()
            result.topic = asked.topic
            for partition in asked.partitions {
                var end = OffsetForLeaderEpochResponse.EpochEndOffset()
                end.partition = partition.partition
                if let log = topics[asked.topic]?.partition(partition.partition)?.log {
                    if partition.currentLeaderEpoch > log.leaderEpoch {
                        end.errorCode = .unknownLeaderEpoch
                    } else if partition.leaderEpoch == log.leaderEpoch {
                        end.leaderEpoch = log.leaderEpoch
                        end.endOffset = log.endOffset
                    }
                } else {
                    end.errorCode = .unknownTopicOrPartition
                }
                result.partitions.append(end)
            }
            response.topics.append(result)
        }
        return response
    }

    /// DeleteRecords: moves the first readable offset on; whole segments before it are removed.
    func deleteRecords(_ call: Call, _ request: DeleteRecordsRequest) async -> DeleteRecordsResponse {
        var response = DeleteRecordsResponse()
        for asked in request.topics {
            var result = DeleteRecordsResponse.TopicResult()
            result.name = asked.name
            for partition in asked.partitions {
                var deleted = DeleteRecordsResponse.PartitionResult()
                deleted.partitionIndex = partition.partitionIndex
                deleted.lowWatermark = -1
                if let log = topics[asked.name]?.partition(partition.partitionIndex)?.log {
                    let offset = partition.offset == -1 ? log.endOffset : partition.offset
                    if offset < 0 || offset > log.endOffset {
                        deleted.errorCode = .offsetOutOfRange
                    } else if await advanceStart(of: log, to: offset) {
                        deleted.lowWatermark = log.startOffset
                    } else {
                        deleted.errorCode = .kafkaStorageError
                    }
                } else {
                    deleted.errorCode = .unknownTopicOrPartition
                }
                result.partitions.append(deleted)
            }
            response.topics.append(result)
        }
        return response
    }

    /// Moves a log's first readable offset on, for good.
    func advanceStart(of log: PartitionLog, to offset: Int64) async -> Bool {
        guard offset > log.startOffset else { return true }
        let path = RecoveredLog.startPath(log.folder)
        let start = RecoveredLog.sealedStart(offset)
        do throws(BrokerError) {
            try await BlockingPool.run { () throws(BrokerError) in try Folder.replace(path, with: start) }
            let obsolete = log.advanceStart(to: offset)
            try await BlockingPool.run { () throws(BrokerError) in
                for path in obsolete { try Folder.remove(file: path) }
            }
            return true
        } catch {
            report(error)
            return false
        }
    }
}
