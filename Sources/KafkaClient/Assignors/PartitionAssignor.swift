public import Bytes

/// A member of a group of the classic protocol, as the group's leader sees it.
public struct GroupMember: Hashable, Sendable {
    /// The id that the coordinator gave it.
    public var id: String

    /// Its fixed identity; nil for none.
    public var instanceID: String?

    /// The topics that it wants to read.
    public var topics: [String]

    /// The partitions that it read when it joined.
    public var ownedPartitions: [TopicPartition]

    /// The generation in which it was given those; −1 where it does not say.
    public var generation: Int32

    /// What its assignor told the leader's.
    public var userData: ByteSlice?

    /// Makes a member.
    public init(
        id: String, instanceID: String? = nil, topics: [String], ownedPartitions: [TopicPartition] = [],
        generation: Int32 = -1, userData: ByteSlice? = nil
    ) {
        self.id = id
        self.instanceID = instanceID
        self.topics = topics
        self.ownedPartitions = ownedPartitions
        self.generation = generation
        self.userData = userData
    }

    /// Static members come first, by instance id; the others follow, by member id: Java's assignors order them so.
    static func precedes(_ left: GroupMember, _ right: GroupMember) -> Bool {
        switch (left.instanceID, right.instanceID) {
        case (let left?, let right?): left < right
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): left.id < right.id
        }
    }
}

/// Shares out a group's partitions (classic protocol): the member that leads the group asks it.
///
/// All members of a group must know an assignor of the same name; the group uses one that all know. A value's methods are
/// called on the consumer's event loop, and must neither wait nor take long.
public protocol PartitionAssignor: Sendable {
    /// The name that members know it by, such as `range`.
    var name: String { get }

    /// Whether members keep what they read through a rebalance, and give back only what goes to others (KIP-429). Then
    /// `assign` must not give a partition to a member while another one still owns it. A consumer works so where all
    /// its assignors do.
    var isCooperative: Bool { get }

    /// What to tell the leader's assignor besides the topics; nil for nothing.
    ///
    /// - Parameters:
    ///   - owned: what the member was given last, whether it still reads it or not.
    ///   - generation: the generation in which it was; −1 before the first.
    func userData(owned: [TopicPartition], generation: Int32) -> ByteSlice?

    /// Each member's partitions, by the member's id. Who gets none may be left out.
    ///
    /// - Parameter partitionCounts: how many partitions each topic has; missing topics have 0, or are not named.
    func assign(to members: [GroupMember], partitionCounts: [String: Int32]) -> [String: [TopicPartition]]
}

extension PartitionAssignor {
    /// Members give back all that they read before a rebalance.
    public var isCooperative: Bool { false }

    /// Nothing.
    public func userData(owned: [TopicPartition], generation: Int32) -> ByteSlice? { nil }
}

extension PartitionAssignor where Self == RangeAssignor {
    /// Neighbouring partitions of each topic together: `range`.
    public static var range: RangeAssignor { RangeAssignor() }
}

extension PartitionAssignor where Self == RoundRobinAssignor {
    /// All topics' partitions in turn: `roundrobin`.
    public static var roundRobin: RoundRobinAssignor { RoundRobinAssignor() }
}

extension PartitionAssignor where Self == StickyAssignor {
    /// Even shares that change as little as can be: `sticky`. Everything stops while the group rebalances.
    public static var sticky: StickyAssignor { StickyAssignor(isCooperative: false) }

    /// Even shares that change as little as can be, and what does not change is read on through a rebalance:
    /// `cooperative-sticky`.
    public static var cooperativeSticky: StickyAssignor { StickyAssignor(isCooperative: true) }
}
