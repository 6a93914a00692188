public import Bytes

/// What a consumer tells the leader of its group: the metadata of its `JoinGroupRequest`.
public struct ConsumerProtocolSubscription: KafkaData {
    /// The versions that there are.
    public static let versions: ClosedRange<Int16> = 0...3

    /// The topics.
    public var topics: [String] = []

    /// What the assignor adds.
    public var userData: ByteSlice?

    /// The partitions that the member has now.
    public var ownedPartitions: [TopicPartition] = []

    /// The group's generation; -1 for none.
    public var generationID: Int32 = -1

    /// The member's rack; nil where none is set.
    public var rackID: String?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&topics)
        try f.field(&userData)
        try f.field(&ownedPartitions, since: 1)
        try f.field(&generationID, since: 2)
        try f.field(&rackID, since: 3)
    }
}

extension ConsumerProtocolSubscription {
    /// Partitions of one topic.
    public struct TopicPartition: KafkaStructure {
        /// The topic's name.
        public var topic: String = ""

        /// The partitions.
        public var partitions: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topic)
            try f.field(&partitions)
        }
    }
}
