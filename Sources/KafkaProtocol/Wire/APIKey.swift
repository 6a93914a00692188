/// One of the interfaces that brokers serve, by Kafka's number.
public struct APIKey: RawRepresentable, Hashable, Sendable {
    /// Kafka's number.
    public let rawValue: Int16

    /// The interface of that number, known here or not.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Kafka's `Produce`.
    public static let produce = APIKey(rawValue: 0)

    /// Kafka's `Fetch`.
    public static let fetch = APIKey(rawValue: 1)

    /// Kafka's `ListOffsets`.
    public static let listOffsets = APIKey(rawValue: 2)

    /// Kafka's `Metadata`.
    public static let metadata = APIKey(rawValue: 3)

    /// Kafka's `OffsetCommit`.
    public static let offsetCommit = APIKey(rawValue: 8)

    /// Kafka's `OffsetFetch`.
    public static let offsetFetch = APIKey(rawValue: 9)

    /// Kafka's `FindCoordinator`.
    public static let findCoordinator = APIKey(rawValue: 10)

    /// Kafka's `JoinGroup`.
    public static let joinGroup = APIKey(rawValue: 11)

    /// Kafka's `Heartbeat`.
    public static let heartbeat = APIKey(rawValue: 12)

    /// Kafka's `LeaveGroup`.
    public static let leaveGroup = APIKey(rawValue: 13)

    /// Kafka's `SyncGroup`.
    public static let syncGroup = APIKey(rawValue: 14)

    /// Kafka's `DescribeGroups`.
    public static let describeGroups = APIKey(rawValue: 15)

    /// Kafka's `ListGroups`.
    public static let listGroups = APIKey(rawValue: 16)

    /// Kafka's `SaslHandshake`.
    public static let saslHandshake = APIKey(rawValue: 17)

    /// Kafka's `ApiVersions`.
    public static let apiVersions = APIKey(rawValue: 18)

    /// Kafka's `CreateTopics`.
    public static let createTopics = APIKey(rawValue: 19)

    /// Kafka's `DeleteTopics`.
    public static let deleteTopics = APIKey(rawValue: 20)

    /// Kafka's `DeleteRecords`.
    public static let deleteRecords = APIKey(rawValue: 21)

    /// Kafka's `InitProducerId`.
    public static let initProducerID = APIKey(rawValue: 22)

    /// Kafka's `OffsetForLeaderEpoch`.
    public static let offsetForLeaderEpoch = APIKey(rawValue: 23)

    /// Kafka's `AddPartitionsToTxn`.
    public static let addPartitionsToTxn = APIKey(rawValue: 24)

    /// Kafka's `AddOffsetsToTxn`.
    public static let addOffsetsToTxn = APIKey(rawValue: 25)

    /// Kafka's `EndTxn`.
    public static let endTxn = APIKey(rawValue: 26)

    /// Kafka's `WriteTxnMarkers`.
    public static let writeTxnMarkers = APIKey(rawValue: 27)

    /// Kafka's `TxnOffsetCommit`.
    public static let txnOffsetCommit = APIKey(rawValue: 28)

    /// Kafka's `DescribeConfigs`.
    public static let describeConfigs = APIKey(rawValue: 32)

    /// Kafka's `AlterConfigs`.
    public static let alterConfigs = APIKey(rawValue: 33)

    /// Kafka's `SaslAuthenticate`.
    public static let saslAuthenticate = APIKey(rawValue: 36)

    /// Kafka's `CreatePartitions`.
    public static let createPartitions = APIKey(rawValue: 37)

    /// Kafka's `DeleteGroups`.
    public static let deleteGroups = APIKey(rawValue: 42)

    /// Kafka's `IncrementalAlterConfigs`.
    public static let incrementalAlterConfigs = APIKey(rawValue: 44)

    /// Kafka's `OffsetDelete`.
    public static let offsetDelete = APIKey(rawValue: 47)

    /// Kafka's `DescribeCluster`.
    public static let describeCluster = APIKey(rawValue: 60)

    /// Kafka's `DescribeProducers`.
    public static let describeProducers = APIKey(rawValue: 61)

    /// Kafka's `ConsumerGroupHeartbeat`.
    public static let consumerGroupHeartbeat = APIKey(rawValue: 68)

    /// Kafka's `ConsumerGroupDescribe`.
    public static let consumerGroupDescribe = APIKey(rawValue: 69)

    /// Kafka's `DescribeTopicPartitions`.
    public static let describeTopicPartitions = APIKey(rawValue: 75)

    /// What this module knows of each interface, by number.
    public static let known: [APIKey: MessageDefinition] = Dictionary(
        uniqueKeysWithValues: requests.map { ($0.apiKey, $0.definition) })

    /// Kafka's name of the interface; its number where it is not known.
    public var name: String { Self.names[self] ?? "API \(rawValue)" }

    private static let names: [APIKey: String] = Dictionary(
        uniqueKeysWithValues: requests.map { ($0.apiKey, String("\($0)".dropLast("Request".count))) })

    private static let requests: [any KafkaRequest.Type] = [
        ProduceRequest.self, FetchRequest.self, ListOffsetsRequest.self, MetadataRequest.self,
        OffsetCommitRequest.self, OffsetFetchRequest.self, FindCoordinatorRequest.self, JoinGroupRequest.self,
        HeartbeatRequest.self, LeaveGroupRequest.self, SyncGroupRequest.self, DescribeGroupsRequest.self,
        ListGroupsRequest.self, SaslHandshakeRequest.self, ApiVersionsRequest.self, CreateTopicsRequest.self,
        DeleteTopicsRequest.self, DeleteRecordsRequest.self, InitProducerIdRequest.self,
        OffsetForLeaderEpochRequest.self, AddPartitionsToTxnRequest.self, AddOffsetsToTxnRequest.self,
        EndTxnRequest.self, WriteTxnMarkersRequest.self, TxnOffsetCommitRequest.self, DescribeConfigsRequest.self,
        AlterConfigsRequest.self, SaslAuthenticateRequest.self, CreatePartitionsRequest.self,
        DeleteGroupsRequest.self, IncrementalAlterConfigsRequest.self, OffsetDeleteRequest.self,
        DescribeClusterRequest.self, DescribeProducersRequest.self, ConsumerGroupHeartbeatRequest.self,
        ConsumerGroupDescribeRequest.self, DescribeTopicPartitionsRequest.self,
    ]
}

extension APIKey: CustomStringConvertible {
    /// The interface's name.
    public var description: String { name }
}

extension APIKey: Comparable {
    /// By number.
    public static func < (left: APIKey, right: APIKey) -> Bool { left.rawValue < right.rawValue }
}
