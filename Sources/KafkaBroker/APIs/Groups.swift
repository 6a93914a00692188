import Bytes
import KafkaProtocol

extension BrokerCore {
    /// How many bytes a member may say of itself: they are kept as long as it is a member.
    private static let maxMemberMetadata = 1 << 20
    /// How many ways of sharing out a member may know: all members' are compared with each other.
    private static let maxProtocols = 100

    /// JoinGroup: waits for the group's next generation. Where there is no room to wait in, the member is to come again.
    func joinGroup(_ call: Call, _ request: JoinGroupRequest) async -> JoinGroupResponse {
        let said = request.protocols.reduce(request.protocolType.utf8.count) {
            $0 + $1.name.utf8.count + $1.metadata.count
        }
        guard said <= Self.maxMemberMetadata, request.protocols.count <= Self.maxProtocols else {
            return JoinGroupResponse { $0.errorCode = .invalidRequest }
        }
        let join = GroupJoin(
            groupID: request.groupID, memberID: request.memberID, instanceID: request.groupInstanceID,
            requiresKnownMember: call.version >= 4 && request.groupInstanceID == nil, clientID: call.clientID,
            clientHost: call.peer.host, sessionTimeout: Int64(request.sessionTimeoutMs),
            // Version 0 has no timeout for rebalances of its own.
            rebalanceTimeout: Int64(max(call.version == 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs, 0)),
            protocolType: request.protocolType,
            // Kept for long: in memory of its own, not in the request's.
            protocols: request.protocols.map { GroupProtocol(name: $0.name, metadata: $0.metadata.copied()) })
        let effect = await ask(call) { coordinator.join(join, ticket: $0, now: now) }
        var response = JoinGroupResponse()
        response.protocolName = call.version >= 7 ? nil : ""
        response.memberID = request.memberID
        guard case .joined(_, let result) = effect else {
            response.errorCode = .coordinatorNotAvailable
            return response
        }
        switch result {
        case .failure(let refusal):
            response.errorCode = refusal.error.code
            response.memberID = refusal.memberID
        case .success(let joined):
            response.generationID = joined.generation
            response.protocolType = joined.protocolType
            response.protocolName = joined.protocolName ?? (call.version >= 7 ? nil : "")
            response.leader = joined.leaderID
            response.memberID = joined.memberID
            response.members = joined.members.map { member in
                .init {
                    $0.memberID = member.memberID
                    $0.groupInstanceID = member.instanceID
                    $0.metadata = member.metadata
                }
            }
        }
        return response
    }

    /// SyncGroup: waits for the leader's assignment. Where there is no room to wait in, the member is to come again.
    func syncGroup(_ call: Call, _ request: SyncGroupRequest) async -> SyncGroupResponse {
        let assignments = Dictionary(request.assignments.map { ($0.memberID, $0.assignment) }) { $1 }
        let effect = await ask(call) {
            coordinator.sync(
                request.groupID, request.memberID, instanceID: request.groupInstanceID,
                generation: request.generationID, protocolType: request.protocolType,
                protocolName: request.protocolName, assignments: assignments, ticket: $0, now: now)
        }
        guard case .synced(_, let result) = effect else {
            return SyncGroupResponse { $0.errorCode = .coordinatorNotAvailable }
        }
        switch result {
        case .failure(let error): return SyncGroupResponse { $0.errorCode = error.code }
        case .success(let synced):
            return SyncGroupResponse {
                $0.protocolType = synced.protocolType
                $0.protocolName = synced.protocolName
                $0.assignment = synced.assignment
            }
        }
    }

    /// Heartbeat: nobody is answered by it, and no deadline comes nearer.
    func heartbeat(_ call: Call, _ request: HeartbeatRequest) async -> HeartbeatResponse {
        do throws(GroupError) {
            try coordinator.heartbeat(
                request.groupID, request.memberID, instanceID: request.groupInstanceID,
                generation: request.generationID, now: now)
            return HeartbeatResponse()
        } catch {
            return HeartbeatResponse { $0.errorCode = error.code }
        }
    }

    /// LeaveGroup: one member, or from version 3 on several.
    func leaveGroup(_ call: Call, _ request: LeaveGroupRequest) async -> LeaveGroupResponse {
        defer { deliverGroupEffects() }
        let leaving: [LeaveGroupRequest.MemberIdentity] =
            call.version >= 3 ? request.members : [.init { $0.memberID = request.memberID }]
        var response = LeaveGroupResponse()
        for member in leaving {
            var result = LeaveGroupResponse.Member()
            result.memberID = member.memberID
            result.groupInstanceID = member.groupInstanceID
            do throws(GroupError) {
                _ = try coordinator.leave(
                    request.groupID, member.memberID, instanceID: member.groupInstanceID, now: now)
            } catch {
                result.errorCode = error.code
                if call.version < 3 { response.errorCode = error.code }
            }
            response.members.append(result)
        }
        if call.version < 3 { response.members = [] }
        return response
    }

    /// ListGroups.
    func listGroups(_ call: Call, _ request: ListGroupsRequest) async -> ListGroupsResponse {
        let wanted = request.statesFilter.map { $0.lowercased() }
        let types = request.typesFilter.map { $0.lowercased() }
        return ListGroupsResponse {
            $0.groups = groupIDs.compactMap { id in
                let group = coordinator.groups[id]
                let state = (group?.state ?? .empty).rawValue
                guard wanted.isEmpty || wanted.contains(state.lowercased()) else { return nil }
                guard types.isEmpty || types.contains("classic") else { return nil }
                return .init {
                    $0.groupID = id
                    $0.protocolType = group?.protocolType ?? ""
                    $0.groupState = state
                    $0.groupType = "classic"
                }
            }
        }
    }

    /// The groups that have members or committed offsets.
    private var groupIDs: [String] { Set(coordinator.groups.keys).union(offsets.groups.keys).sorted() }

    /// DescribeGroups.
    func describeGroups(_ call: Call, _ request: DescribeGroupsRequest) async -> DescribeGroupsResponse {
        DescribeGroupsResponse {
            $0.groups = request.groups.map { id in
                var described = DescribeGroupsResponse.DescribedGroup()
                described.groupID = id
                guard let group = coordinator.groups[id] else {
                    let isKnown = offsets.groups[id] != nil
                    described.groupState = isKnown ? Group.State.empty.rawValue : Group.State.dead.rawValue
                    if !isKnown, call.version >= 6 {
                        described.errorCode = .groupIDNotFound
                        described.errorMessage = "there is no group \(id)"
                    }
                    return described
                }
                described.groupState = group.state.rawValue
                described.protocolType = group.protocolType ?? ""
                described.protocolData = group.state == .stable ? group.protocolName ?? "" : ""
                described.members = group.order.compactMap { group.members[$0] }.map { member in
                    .init {
                        $0.memberID = member.id
                        $0.groupInstanceID = member.instanceID
                        $0.clientID = member.clientID
                        $0.clientHost = member.clientHost
                        $0.memberMetadata = group.state == .stable ? member.metadata(for: group.protocolName) : .empty
                        $0.memberAssignment = group.state == .stable ? member.assignment : .empty
                    }
                }
                return described
            }
        }
    }

    /// DeleteGroups: forgets the offsets of groups without members.
    func deleteGroups(_ call: Call, _ request: DeleteGroupsRequest) async -> DeleteGroupsResponse {
        var response = DeleteGroupsResponse()
        for id in request.groupsNames {
            var error = KafkaErrorCode.none
            if coordinator.groups[id]?.members.isEmpty == false {
                error = .nonEmptyGroup
            } else if offsets.groups[id] == nil {
                error = .groupIDNotFound
            } else if !(await write([OffsetStore.deleteGroupEntry(id)])) {
                error = .coordinatorNotAvailable
            }
            response.results.append(
                .init {
                    $0.groupID = id
                    $0.errorCode = error
                })
        }
        return response
    }

    /// Writes entries to the journal of committed offsets.
    func write(_ entries: [ByteSlice]) async -> Bool {
        do throws(BrokerError) {
            try await offsetQueue?.append(entries)
            return true
        } catch {
            report(error)
            return false
        }
    }
}

extension GroupError {
    /// Kafka's number.
    var code: KafkaErrorCode {
        switch self {
        case .coordinatorNotAvailable: .coordinatorNotAvailable
        case .fencedInstanceID: .fencedInstanceID
        case .groupIDNotFound: .groupIDNotFound
        case .groupMaxSizeReached: .groupMaxSizeReached
        case .illegalGeneration: .illegalGeneration
        case .inconsistentGroupProtocol: .inconsistentGroupProtocol
        case .invalidGroupID: .invalidGroupID
        case .invalidSessionTimeout: .invalidSessionTimeout
        case .memberIDRequired: .memberIDRequired
        case .nonEmptyGroup: .nonEmptyGroup
        case .rebalanceInProgress: .rebalanceInProgress
        case .unknownMemberID: .unknownMemberID
        }
    }
}
