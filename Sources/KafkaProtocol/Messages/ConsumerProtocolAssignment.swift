public import Bytes

/// What the leader of a group of consumers assigns to a member: the assignment of its `SyncGroupRequest`.
public struct ConsumerProtocolAssignment: KafkaData {
    /// The versions that there are.
    public static let versions: ClosedRange<Int16> = 0...3

    /// The partitions that the member is to read.
    public var assignedPartitions: [TopicPartition] = []

    /// What the assignor adds.
    public var userData: ByteSlice?

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&assignedPartitions)
        try f.field(&userData)
    }
}

extension ConsumerProtocolAssignment {
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
