public import Bytes

/// Reads record batches from partitions, and waits for them.
public struct FetchRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = FetchResponse

    /// Kafka's `FetchRequest`.
    public static let definition = MessageDefinition(.fetch, versions: 0...18, flexible: 12)

    /// The cluster that the request is meant for; nil for any.
    public var clusterID: String?

    /// The number of the following broker; -1 for a client.
    public var replicaID: Int32 = -1

    /// Which broker follows; clients leave it as it is.
    public var replicaState = ReplicaState()

    /// How long the broker may wait for the least number of bytes, in milliseconds.
    public var maxWaitMs: Int32 = 0

    /// How many bytes the broker waits for before it answers.
    public var minBytes: Int32 = 0

    /// How many bytes the answer may have; one batch is sent whatever its size.
    public var maxBytes: Int32 = 0x7fffffff

    /// Which records to show: 0 all, 1 those of committed transactions alone.
    public var isolationLevel: Int8 = 0

    /// The fetch session; 0 for none.
    public var sessionID: Int32 = 0

    /// The request's number in its session; 0 to open one, -1 for none.
    public var sessionEpoch: Int32 = -1

    /// The topics.
    public var topics: [Topic] = []

    /// The partitions to take out of the fetch session.
    public var forgottenTopicsData: [ForgottenTopic] = []

    /// The reader's rack; empty where none is set.
    public var rackID: String = ""

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&replicaID, through: 14)
        try f.field(&maxWaitMs)
        try f.field(&minBytes)
        try f.field(&maxBytes, since: 3)
        try f.field(&isolationLevel, since: 4)
        try f.field(&sessionID, since: 7)
        try f.field(&sessionEpoch, since: 7)
        try f.field(&topics)
        try f.field(&forgottenTopicsData, since: 7)
        try f.field(&rackID, since: 11)
        try f.tagged(0, &clusterID)
        try f.tagged(1, &replicaState, since: 15)
    }
}

extension FetchRequest {
    /// The broker that follows.
    public struct ReplicaState: KafkaStructure {
        /// The number of the following broker; -1 for a client.
        public var replicaID: Int32 = -1

        /// The epoch of the following broker; -1 for none.
        public var replicaEpoch: Int64 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&replicaID)
            try f.field(&replicaEpoch)
        }
    }

    /// One topic.
    public struct Topic: KafkaStructure {
        /// The topic's name.
        public var topic: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [Partition] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topic, through: 12)
            try f.field(&topicID, since: 13)
            try f.field(&partitions)
        }
    }

    /// Partitions to take out of the session.
    public struct ForgottenTopic: KafkaStructure {
        /// The topic's name.
        public var topic: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topic, through: 12)
            try f.field(&topicID, since: 13)
            try f.field(&partitions)
        }
    }

    /// One partition.
    public struct Partition: KafkaStructure {
        /// The partition's number.
        public var partition: Int32 = 0

        /// The leader epoch that the client knows, to be fenced where it is old; -1 for none.
        public var currentLeaderEpoch: Int32 = -1

        /// The offset of the record to begin with.
        public var fetchOffset: Int64 = 0

        /// The leader epoch of the last record that was read; -1 for none.
        public var lastFetchedEpoch: Int32 = -1

        /// The offset of the first record that is still there; -1 where it is not known.
        public var logStartOffset: Int64 = -1

        /// How many bytes of this partition the answer may have; one batch is sent whatever its size.
        public var partitionMaxBytes: Int32 = 0

        /// The directory of the following broker.
        public var replicaDirectoryID: KafkaUUID = .zero

        /// The offset behind the last record that all replicas in sync have.
        public var highWatermark: Int64 = .max

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partition)
            try f.field(&currentLeaderEpoch, since: 9)
            try f.field(&fetchOffset)
            try f.field(&lastFetchedEpoch, since: 12)
            try f.field(&logStartOffset, since: 5)
            try f.field(&partitionMaxBytes)
            try f.tagged(0, &replicaDirectoryID, default: .zero, since: 17)
            try f.tagged(1, &highWatermark, default: .max, since: 18)
        }
    }
}

/// The answer to `FetchRequest`.
public struct FetchResponse: KafkaResponse {
    /// Kafka's `FetchResponse`.
    public static let definition = MessageDefinition(.fetch, versions: 0...18, flexible: 12)

    /// How long the broker asks the client to wait for the sake of a quota, in milliseconds.
    public var throttleTimeMs: Int32 = 0

    /// The error, or none.
    public var errorCode: KafkaErrorCode = .none

    /// The fetch session; 0 for none.
    public var sessionID: Int32 = 0

    /// The answers.
    public var responses: [FetchableTopic] = []

    /// Where the leaders named in the answer are reached (KIP-951).
    public var nodeEndpoints: [NodeEndpoint] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&throttleTimeMs, since: 1)
        try f.field(&errorCode, since: 7)
        try f.field(&sessionID, since: 7)
        try f.field(&responses)
        try f.tagged(0, &nodeEndpoints, since: 16)
    }
}

extension FetchResponse {
    /// What was read of one topic.
    public struct FetchableTopic: KafkaStructure {
        /// The topic's name.
        public var topic: String = ""

        /// The topic's id.
        public var topicID: KafkaUUID = .zero

        /// The partitions.
        public var partitions: [PartitionData] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&topic, through: 12)
            try f.field(&topicID, since: 13)
            try f.field(&partitions)
        }
    }

    /// Where a broker is reached.
    public struct NodeEndpoint: KafkaStructure {
        /// The broker's number.
        public var nodeID: Int32 = 0

        /// The host's name or address.
        public var host: String = ""

        /// The port.
        public var port: Int32 = 0

        /// The rack; nil where none is set.
        public var rack: String?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&nodeID)
            try f.field(&host)
            try f.field(&port)
            try f.field(&rack)
        }
    }

    /// What was read of one partition.
    public struct PartitionData: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// The offset behind the last record that all replicas in sync have.
        public var highWatermark: Int64 = 0

        /// The offset of the first record whose transaction is open; -1 where it is not known.
        public var lastStableOffset: Int64 = -1

        /// The offset of the first record that is still there; -1 where it is not known.
        public var logStartOffset: Int64 = -1

        /// Where the reader's log parts from the leader's.
        public var divergingEpoch = EpochEndOffset()

        /// Who leads the partition now, where the asked broker does not.
        public var currentLeader = LeaderIDAndEpoch()

        /// The snapshot to fetch first, where the offset lies before the log's start.
        public var snapshotID = SnapshotID()

        /// The transactions that were aborted within the records, so that a reader of committed records can leave
        /// theirs out.
        public var abortedTransactions: [AbortedTransaction]? = []

        /// The broker to read from next; -1 for the leader.
        public var preferredReadReplica: Int32 = -1

        /// The record batches.
        public var records: ByteSlice?

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&errorCode)
            try f.field(&highWatermark)
            try f.field(&lastStableOffset, since: 4)
            try f.field(&logStartOffset, since: 5)
            try f.field(&abortedTransactions, since: 4)
            try f.field(&preferredReadReplica, since: 11)
            try f.field(&records)
            try f.tagged(0, &divergingEpoch)
            try f.tagged(1, &currentLeader)
            try f.tagged(2, &snapshotID)
        }
    }

    /// Where a leader epoch ends.
    public struct EpochEndOffset: KafkaStructure {
        /// The leader epoch; -1 where it is not known.
        public var epoch: Int32 = -1

        /// The offset behind the last record of the epoch; -1 where it is not known.
        public var endOffset: Int64 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&epoch)
            try f.field(&endOffset)
        }
    }

    /// A leader and its epoch.
    public struct LeaderIDAndEpoch: KafkaStructure {
        /// The leader's broker number; -1 for none.
        public var leaderID: Int32 = -1

        /// The leader's epoch; -1 where it is not known.
        public var leaderEpoch: Int32 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&leaderID)
            try f.field(&leaderEpoch)
        }
    }

    /// A snapshot.
    public struct SnapshotID: KafkaStructure {
        /// The offset behind the last record of the epoch; -1 where it is not known.
        public var endOffset: Int64 = -1

        /// The leader epoch; -1 where it is not known.
        public var epoch: Int32 = -1

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&endOffset)
            try f.field(&epoch)
        }
    }

    /// A transaction that was aborted.
    public struct AbortedTransaction: KafkaStructure {
        /// The producer's id; -1 for none.
        public var producerID: Int64 = 0

        /// The offset of the transaction's first record.
        public var firstOffset: Int64 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&producerID)
            try f.field(&firstOffset)
        }
    }
}
