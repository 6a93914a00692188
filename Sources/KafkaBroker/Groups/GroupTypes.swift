import Bytes

/// Names whoever waits for an answer of the coordinator.
typealias GroupTicket = UInt64

/// What the coordinator refuses with; each stands for Kafka's error of that name.
enum GroupError: Error, Equatable {
    case coordinatorNotAvailable, fencedInstanceID, groupIDNotFound, groupMaxSizeReached, illegalGeneration
    case inconsistentGroupProtocol, invalidGroupID, invalidSessionTimeout, memberIDRequired, nonEmptyGroup
    case rebalanceInProgress, unknownMemberID
}

/// A way of sharing out partitions that a member can, with what it says of itself for it.
struct GroupProtocol: Equatable, Sendable {
    var name: String
    var metadata: ByteSlice
}

/// What a client asks for with JoinGroup.
struct GroupJoin: Sendable {
    var groupID: String
    var memberID: String
    var instanceID: String?
    /// Whether a newcomer is first given its id and asked to come again with it (KIP-394, from version 4 on).
    var requiresKnownMember: Bool
    var clientID: String
    var clientHost: String
    /// Milliseconds.
    var sessionTimeout: Int64
    /// Milliseconds.
    var rebalanceTimeout: Int64
    var protocolType: String
    var protocols: [GroupProtocol]

    /// About how many bytes are kept for a member that says so.
    static func bytes(id: String, instanceID: String?, clientID: String, protocols: [GroupProtocol]) -> Int {
        // The id stands in several tables.
        protocols.reduce(256 + 3 * id.utf8.count + 2 * (instanceID?.utf8.count ?? 0) + clientID.utf8.count) {
            $0 + 48 + $1.name.utf8.count + $1.metadata.count
        }
    }
}

/// The coordinator's answer to a join.
struct GroupJoined: Equatable, Sendable {
    struct Member: Equatable, Sendable {
        var memberID: String
        var instanceID: String?
        var metadata: ByteSlice
    }

    var generation: Int32
    var protocolType: String?
    var protocolName: String?
    var leaderID: String
    var memberID: String
    /// All members, for the leader alone.
    var members: [Member]
}

/// The coordinator's answer to a sync.
struct GroupSynced: Equatable, Sendable {
    var protocolType: String?
    var protocolName: String?
    var assignment: ByteSlice
}

/// A refused join: the client learns its member id with it.
struct GroupJoinRefusal: Error, Equatable {
    var error: GroupError
    var memberID: String
}

/// What is to be told to those who wait.
enum GroupEffect {
    case joined(GroupTicket, Result<GroupJoined, GroupJoinRefusal>)
    case synced(GroupTicket, Result<GroupSynced, GroupError>)
}

/// What the coordinator is set to; times in milliseconds.
struct GroupSettings: Sendable {
    var sessionTimeouts: ClosedRange<Int64> = 1_000...1_800_000
    /// How long an empty group waits for more members before its first generation.
    var initialRebalanceDelay: Int64 = 100
    /// How long a member that has not been given a generation yet may wait without a heartbeat.
    var newMemberTimeout: Int64 = 300_000
    var maxMembers = 1_000
    var maxGroups = 10_000
    /// How many members, and ids that were given out, all groups may have together: each costs memory, and time whenever
    /// something is due.
    var maxMembersInAll = 10_000
    /// How many bytes all groups may keep of what their members said.
    var maxBytes = 64 << 20
}
