import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// The requests of a membership.
extension GroupSession {
    /// The newest versions with plain lengths. What came later is not used here, and librdkafka's mock cluster misreads
    /// JoinGroup's version 6.
    private enum Plain {
        static let join: Int16 = 5
        static let others: Int16 = 3
    }

    /// The coordinator answers once all members have joined, and once the leader has shared out.
    private var rebalanceTimeout: Duration { configuration.rebalanceTimeout + configuration.kafka.requestTimeout }

    func join(_ ticket: GroupMembership.Ticket, memberID: String, _ claim: GroupMembership.Claim) async {
        do throws(KafkaError) {
            var protocols: [JoinGroupRequest.GroupProtocol] = []
            for assignor in configuration.assignors {
                let metadata = try encoded(subscription(claim, assignor), version: 2)
                protocols.append(
                    JoinGroupRequest.GroupProtocol {
                        $0.name = assignor.name
                        $0.metadata = metadata
                    })
            }
            let request = JoinGroupRequest {
                $0.groupID = coordinator.group
                $0.sessionTimeoutMs = Int32(clamping: configuration.sessionTimeout.milliseconds)
                $0.rebalanceTimeoutMs = Int32(clamping: configuration.rebalanceTimeout.milliseconds)
                $0.memberID = memberID
                $0.groupInstanceID = configuration.instanceID
                $0.protocolType = "consumer"
                $0.protocols = protocols
            }
            let response = try await coordinator.call(
                request, limit: Plain.join, timeout: rebalanceTimeout, purpose: .group)
            let members = try response.members.map(Self.member)
            tell {
                $0.joined(
                    ticket, response.errorCode,
                    GroupMembership.Joined(
                        memberID: response.memberID, generation: response.generationID, leader: response.leader,
                        protocolName: response.protocolName, members: members),
                    at: .now)
            }
        } catch {
            requestFailed(ticket, error)
        }
    }

    /// What the member tells the leader of the group.
    private func subscription(
        _ claim: GroupMembership.Claim, _ assignor: any PartitionAssignor
    ) -> ConsumerProtocolSubscription {
        ConsumerProtocolSubscription {
            $0.topics = topics.sorted()
            $0.userData = assignor.userData(owned: claim.assigned, generation: claim.generation)
            $0.ownedPartitions = Dictionary(grouping: claim.owned, by: \.topic).map { topic, partitions in
                ConsumerProtocolSubscription.TopicPartition {
                    $0.topic = topic
                    $0.partitions = partitions.map(\.partition)
                }
            }
            $0.generationID = claim.generation
        }
    }

    private static func member(_ member: JoinGroupResponse.Member) throws(KafkaError) -> GroupMember {
        do {
            let subscription = try ConsumerProtocolSubscription(member.metadata)
            return GroupMember(
                id: member.memberID, instanceID: member.groupInstanceID, topics: subscription.topics,
                ownedPartitions: subscription.ownedPartitions.flatMap { topic in
                    topic.partitions.map { TopicPartition(topic.topic, $0) }
                }, generation: subscription.generationID, userData: subscription.userData)
        } catch {
            throw KafkaError(.malformedResponse, "a member's subscription: \(error)")
        }
    }

    func sync(
        _ ticket: GroupMembership.Ticket, _ identity: GroupMembership.Identity, protocolName: String?,
        leading members: [GroupMember]?
    ) async {
        do throws(KafkaError) {
            var assignments: [SyncGroupRequest.Assignment] = []
            if let members {
                assignments = try await assign(to: members, by: protocolName)
            } else {
                leadsNoLonger()
            }
            let request = SyncGroupRequest {
                $0.groupID = coordinator.group
                $0.generationID = identity.generation
                $0.memberID = identity.memberID
                $0.groupInstanceID = configuration.instanceID
                $0.protocolType = "consumer"
                $0.protocolName = protocolName
                $0.assignments = assignments
            }
            let response = try await coordinator.call(
                request, limit: Plain.others, timeout: rebalanceTimeout, purpose: .group)
            let partitions = response.errorCode == .none ? try partitions(in: response.assignment) : []
            tell { $0.synced(ticket, response.errorCode, partitions, at: .now) }
        } catch {
            requestFailed(ticket, error)
        }
    }

    private func requestFailed(_ ticket: GroupMembership.Ticket, _ error: KafkaError) {
        logger.debug("the group was not joined", metadata: ["reason": error.description])
        tell { $0.requestFailed(ticket, error, at: .now) }
    }

    private func partitions(in bytes: ByteSlice) throws(KafkaError) -> [TopicPartition] {
        if bytes.isEmpty { return [] }
        do {
            return try ConsumerProtocolAssignment(bytes).assignedPartitions.flatMap { topic in
                topic.partitions.map { TopicPartition(topic.topic, $0) }
            }.sorted()
        } catch {
            throw KafkaError(.malformedResponse, "the assignment: \(error)")
        }
    }

    /// One heartbeat. An answer that comes after the session is of no use; a coordinator that leaves one unanswered for a
    /// third of it loses the connection, so that there is time to look for another.
    func send(_ heartbeat: GroupMembership.Heartbeat) async {
        let request = HeartbeatRequest {
            $0.groupID = coordinator.group
            $0.generationID = heartbeat.identity.generation
            $0.memberID = heartbeat.identity.memberID
            $0.groupInstanceID = configuration.instanceID
        }
        let patience = max(configuration.heartbeatInterval, configuration.sessionTimeout / 3)
        do throws(KafkaError) {
            let response = try await coordinator.call(
                request, limit: Plain.others, timeout: min(configuration.kafka.requestTimeout, patience),
                by: heartbeat.sentAt + configuration.sessionTimeout, purpose: .group)
            tell { $0.answered(heartbeat, response.errorCode, at: .now) }
        } catch {
            logger.debug("a heartbeat was not answered", metadata: ["reason": error.description])
            tell { $0.unanswered(heartbeat, at: .now) }
        }
    }

    /// Not on the connection that a JoinGroup may be held back on: brokers answer a connection's requests in order.
    func leave(_ ticket: GroupMembership.Ticket, memberID: String, by deadline: Deadline) async {
        let request = LeaveGroupRequest {
            $0.groupID = coordinator.group
            $0.memberID = memberID
            $0.members = [LeaveGroupRequest.MemberIdentity { $0.memberID = memberID }]
        }
        do throws(KafkaError) {
            let response = try await coordinator.call(
                request, limit: Plain.others, timeout: deadline.remaining, by: deadline, purpose: .calls)
            var code = response.errorCode
            if code == .none, let member = response.members.first { code = member.errorCode }
            tell { $0.left(ticket, code, at: .now) }
        } catch {
            // The coordinator finds out by itself when the session ends.
            logger.debug("the group was not told of leaving", metadata: ["reason": error.description])
            tell { $0.notLeft(ticket, error, at: .now) }
        }
    }

    func encoded(_ data: some KafkaData, version: Int16) throws(KafkaError) -> ByteSlice {
        do {
            return try data.encoded(version: version)
        } catch {
            throw KafkaError(.configuration, "\(error)")
        }
    }
}
