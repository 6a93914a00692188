/// Writes the end of transactions into partitions; between brokers.
public struct WriteTxnMarkersRequest: KafkaRequest {
    /// What the broker answers.
    public typealias Response = WriteTxnMarkersResponse

    /// Kafka's `WriteTxnMarkersRequest`.
    public static let definition = MessageDefinition(.writeTxnMarkers, versions: 0...2, flexible: 1)

    /// The transactions to end.
    public var markers: [WritableTxnMarker] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&markers)
    }
}

extension WriteTxnMarkersRequest {
    /// The end of one transaction.
    public struct WritableTxnMarker: KafkaStructure {
        /// The producer's id; -1 for none.
        public var producerID: Int64 = 0

        /// The producer's epoch; -1 for none.
        public var producerEpoch: Int16 = 0

        /// Whether the transaction was committed; else it was aborted.
        public var transactionResult: Bool = false

        /// The topics.
        public var topics: [WritableTxnMarkerTopic] = []

        /// The epoch of the transaction's coordinator; -1 where there is none.
        public var coordinatorEpoch: Int32 = 0

        /// The version of the transaction's protocol.
        public var transactionVersion: Int8 = 0

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&producerID)
            try f.field(&producerEpoch)
            try f.field(&transactionResult)
            try f.field(&topics)
            try f.field(&coordinatorEpoch)
            try f.field(&transactionVersion, since: 2)
        }
    }

    /// The partitions of one topic.
    public struct WritableTxnMarkerTopic: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions' numbers.
        public var partitionIndexes: [Int32] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitionIndexes)
        }
    }
}

/// The answer to `WriteTxnMarkersRequest`.
public struct WriteTxnMarkersResponse: KafkaResponse {
    /// Kafka's `WriteTxnMarkersResponse`.
    public static let definition = MessageDefinition(.writeTxnMarkers, versions: 0...2, flexible: 1)

    /// The transactions to end.
    public var markers: [WritableTxnMarkerResult] = []

    /// Makes one with all fields at their defaults.
    public init() {}

    /// The fields, in the order of the wire.
    public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
        try f.field(&markers)
    }
}

extension WriteTxnMarkersResponse {
    /// What became of one producer's marker.
    public struct WritableTxnMarkerResult: KafkaStructure {
        /// The producer's id; -1 for none.
        public var producerID: Int64 = 0

        /// The topics.
        public var topics: [WritableTxnMarkerTopicResult] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&producerID)
            try f.field(&topics)
        }
    }

    /// What became of one topic.
    public struct WritableTxnMarkerTopicResult: KafkaStructure {
        /// The name.
        public var name: String = ""

        /// The partitions.
        public var partitions: [WritableTxnMarkerPartitionResult] = []

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&name)
            try f.field(&partitions)
        }
    }

    /// What became of one partition.
    public struct WritableTxnMarkerPartitionResult: KafkaStructure {
        /// The partition's number.
        public var partitionIndex: Int32 = 0

        /// The error, or none.
        public var errorCode: KafkaErrorCode = .none

        /// Makes one with all fields at their defaults.
        public init() {}

        /// The fields, in the order of the wire.
        public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
            try f.field(&partitionIndex)
            try f.field(&errorCode)
        }
    }
}
