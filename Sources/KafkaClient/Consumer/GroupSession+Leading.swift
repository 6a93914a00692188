import KafkaProtocol
import Telemetry
import Transport

/// The leader's work: who gets what, and to see when that changes.
extension GroupSession {
    func assign(
        to members: [GroupMember], by name: String?
    ) async throws(KafkaError) -> [SyncGroupRequest.Assignment] {
        guard let assignor = configuration.assignors.first(where: { $0.name == name }) else {
            throw KafkaError(
                .malformedResponse, "the coordinator chose the assignor '\(name ?? "")', which is not known here")
        }
        assignedCounts = try await partitionCounts(of: Set(members.flatMap(\.topics)))
        var assignments: [SyncGroupRequest.Assignment] = []
        let shares = assignor.assign(to: members, partitionCounts: assignedCounts)
        for member in members.map(\.id) {
            let partitions = shares[member] ?? []
            let assignment = ConsumerProtocolAssignment {
                $0.assignedPartitions = Dictionary(grouping: partitions, by: \.topic).map { topic, partitions in
                    ConsumerProtocolAssignment.TopicPartition {
                        $0.topic = topic
                        $0.partitions = partitions.map(\.partition)
                    }
                }
            }
            let bytes = try encoded(assignment, version: 0)
            assignments.append(
                SyncGroupRequest.Assignment {
                    $0.memberID = member
                    $0.assignment = bytes
                })
        }
        return assignments
    }

    /// What other members read is another's to know.
    func leadsNoLonger() {
        assignedCounts = [:]
        core.cluster.followLed([])
    }

    /// How many partitions each topic has. The group waits for this: what is not known soon gives nobody anything, until
    /// it is.
    private func partitionCounts(of topics: Set<String>) async throws(KafkaError) -> [String: Int32] {
        let cluster = core.cluster
        cluster.followLed(topics)
        let deadline = Deadline.now + min(.seconds(5), configuration.sessionTimeout / 3)
        let round = cluster.round
        // One round of metadata says which topics are missing.
        asking: while topics.contains(where: { cluster.metadata.topics[$0] == nil }), cluster.round == round {
            cluster.wantsRefresh()
            switch await cluster.nextRound(until: deadline) {
            case .signalled: if cluster.isClosed { throw KafkaError(.closed, "the consumer is closed") }
            case .deadline: break asking
            case .cancelled: throw .cancelled
            case .closed: throw .loopEnded
            }
        }
        var counts: [String: Int32] = [:]
        for topic in topics {
            counts[topic] = partitionCount(of: topic) ?? 0
            if counts[topic] == 0 {
                logger.warning("topic of a subscription is missing", metadata: ["topic": topic])
            }
        }
        return counts
    }

    /// How many partitions a topic has; nil where that is not known.
    private func partitionCount(of topic: String) -> Int32? {
        let metadata = core.cluster.metadata
        if let known = metadata.topics[topic] { return Int32(clamping: known.partitions.count) }
        return metadata.refusals[topic] == .unknownTopicOrPartition ? 0 : nil
    }

    /// The leader sees to it that topics and partitions that are new are shared out, too: as often as heartbeats are sent.
    func watchPartitionCounts() {
        guard membership.isLeader else { return }
        var hasChanged = false
        for (topic, assigned) in assignedCounts {
            let count = partitionCount(of: topic) ?? assigned
            if count != assigned { hasChanged = true }
            if count == 0 { core.cluster.wantsRefresh() }
        }
        if hasChanged { tell { $0.partitionCountsChanged(at: .now) } }
    }
}
