import Bytes

/// A member of a group.
struct GroupMember {
    let id: String
    var instanceID: String?
    var clientID: String
    var clientHost: String
    var sessionTimeout: Int64
    var rebalanceTimeout: Int64
    var protocols: [GroupProtocol]
    var assignment = ByteSlice.empty
    /// Set while it waits for the next generation.
    var joinTicket: GroupTicket?
    /// Set while it waits for the leader's assignment.
    var syncTicket: GroupTicket?
    /// Has asked for its assignment in this generation.
    var hasSynced = false
    /// Has not been given a generation yet.
    var isNew = true
    /// When it is taken for dead if it does not let itself be heard; not while it waits for an answer.
    var deadline: Int64

    init(id: String, _ join: GroupJoin, deadline: Int64) {
        self.id = id
        instanceID = join.instanceID
        clientID = join.clientID
        clientHost = join.clientHost
        sessionTimeout = join.sessionTimeout
        rebalanceTimeout = join.rebalanceTimeout
        protocols = join.protocols
        self.deadline = deadline
    }

    mutating func update(_ join: GroupJoin) {
        clientID = join.clientID
        clientHost = join.clientHost
        sessionTimeout = join.sessionTimeout
        rebalanceTimeout = join.rebalanceTimeout
        protocols = join.protocols
    }

    /// About how many bytes are kept for it.
    var bytes: Int {
        GroupJoin.bytes(id: id, instanceID: instanceID, clientID: clientID, protocols: protocols) + assignment.count
    }

    func metadata(for name: String?) -> ByteSlice { protocols.first { $0.name == name }?.metadata ?? .empty }

    /// Whether its deadline counts: one that waits for an answer cannot send heartbeats. A newcomer's counts even
    /// then, since its client may have gone away unseen.
    var isTimed: Bool { isNew || (joinTicket == nil && syncTicket == nil) }
}
