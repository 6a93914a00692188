public import KafkaProtocol
public import Transport

/// Makes, describes and deletes topics.
///
/// `run()` owns its tasks and must run while it is used. It may be used from any task and any actor; it lives on one event
/// loop, calls from which cost no hop.
public final class KafkaAdmin: Sendable {
    let cluster: Cluster

    /// The loop that it lives on.
    public let loop: EventLoop

    /// Makes an admin client; nothing is connected before `run()`.
    public init(_ configuration: KafkaConfiguration, on loop: EventLoop) {
        self.loop = loop
        cluster = Cluster(configuration, on: loop)
    }

    /// Keeps the connections until `close()` or the task's cancellation.
    @concurrent
    public func run() async throws {
        try await loop.run { await self.cluster.run() }
    }

    /// Ends the connections, and `run()`.
    @concurrent
    public func close() async {
        // Only what the body throws is thrown, and it throws nothing.
        try? await loop.run { self.cluster.close() }
    }

    /// Makes topics; those that are there already are left as they are.
    ///
    /// - Returns: the names of those that were made.
    /// - Throws: `KafkaError` for the first topic that could not be made.
    @concurrent
    @discardableResult
    public func createTopics(_ topics: [NewTopic]) async throws -> [String] {
        try await loop.run {
            let request = CreateTopicsRequest {
                $0.topics = topics.map(\.message)
                $0.timeoutMs = Int32(clamping: self.cluster.configuration.requestTimeout.milliseconds)
            }
            var made: Set<String> = []
            try await self.cluster.retrying { () async throws(KafkaError) in
                let response = try await self.cluster.callController(request)
                for topic in response.topics {
                    switch topic.errorCode {
                    case .none: made.insert(topic.name)
                    case .topicAlreadyExists: continue
                    default:
                        if topic.errorCode == .notController { self.cluster.wantsRefresh() }
                        throw KafkaError(
                            server: topic.errorCode, "the topic was not made", detail: topic.errorMessage,
                            topic: topic.name)
                    }
                }
            }
            return made.sorted()
        }
    }

    /// Deletes topics; those that are not there are passed over.
    ///
    /// - Throws: `KafkaError` for the first topic that could not be deleted.
    @concurrent
    public func deleteTopics(_ names: [String]) async throws {
        try await loop.run {
            let request = DeleteTopicsRequest {
                $0.topicNames = names
                $0.topics = names.map { name in DeleteTopicsRequest.DeleteTopicState { $0.name = name } }
                $0.timeoutMs = Int32(clamping: self.cluster.configuration.requestTimeout.milliseconds)
            }
            try await self.cluster.retrying { () async throws(KafkaError) in
                let response = try await self.cluster.callController(request)
                for topic in response.responses
                where topic.errorCode != .none && topic.errorCode != .unknownTopicOrPartition {
                    if topic.errorCode == .notController { self.cluster.wantsRefresh() }
                    throw KafkaError(
                        server: topic.errorCode, "the topic was not deleted", detail: topic.errorMessage,
                        topic: topic.name)
                }
            }
        }
    }

    /// What the cluster knows of topics now; those that are not there are missing.
    ///
    /// - Throws: `KafkaError`.
    @concurrent
    public func describeTopics(_ names: [String]) async throws -> [String: TopicDescription] {
        try await loop.run {
            let request = MetadataRequest {
                $0.topics = names.map { name in MetadataRequest.Topic { $0.name = name } }
                $0.allowAutoTopicCreation = false
            }
            return try await self.cluster.retrying { () async throws(KafkaError) in
                let response = try await self.cluster.callAny(request)
                var topics: [String: TopicDescription] = [:]
                for topic in response.topics {
                    switch topic.errorCode {
                    case .none:
                        let name = topic.name ?? ""
                        topics[name] = TopicDescription(
                            name: name, id: topic.topicID, partitionCount: topic.partitions.count)
                    case .unknownTopicOrPartition: continue
                    default:
                        throw KafkaError(server: topic.errorCode, "the topic was not described", topic: topic.name)
                    }
                }
                return topics
            }
        }
    }

    /// Looks up a place in partitions.
    ///
    /// - Throws: `KafkaError`.
    @concurrent
    public func offsets(
        of partitions: [TopicPartition], at place: OffsetPlace
    ) async throws -> [TopicPartition: Int64] {
        try await loop.run {
            try await self.cluster.offsets(of: partitions, at: place)
        }
    }

    /// Deletes records in front of the given offsets.
    ///
    /// - Throws: `KafkaError`.
    @concurrent
    public func deleteRecords(before offsets: [TopicPartition: Int64]) async throws {
        try await loop.run {
            for (partition, offset) in offsets {
                let request = DeleteRecordsRequest {
                    $0.timeoutMs = Int32(clamping: self.cluster.configuration.requestTimeout.milliseconds)
                    $0.topics = [
                        DeleteRecordsRequest.Topic {
                            $0.name = partition.topic
                            $0.partitions = [
                                DeleteRecordsRequest.Partition {
                                    $0.partitionIndex = partition.partition
                                    $0.offset = offset
                                }
                            ]
                        }
                    ]
                }
                try await self.cluster.retrying { () async throws(KafkaError) in
                    let response = try await self.cluster.callLeader(of: partition, request)
                    let code = response.topics.first?.partitions.first?.errorCode ?? .unknownServerError
                    guard code == .none else {
                        self.cluster.wantsRefresh()
                        throw KafkaError(
                            server: code, "the records were not deleted", topic: partition.topic,
                            partition: partition.partition)
                    }
                }
            }
        }
    }
}

/// A topic to make.
public struct NewTopic: Sendable {
    /// Its name.
    public var name: String

    /// How many partitions it has.
    public var partitions: Int32

    /// How many brokers keep each partition; −1 for the cluster's default.
    public var replicationFactor: Int16

    /// Settings that differ from the cluster's.
    public var settings: [String: String]

    /// Describes a topic to make.
    public init(_ name: String, partitions: Int32, replicationFactor: Int16 = -1, settings: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.settings = settings
    }

    var message: CreateTopicsRequest.CreatableTopic {
        CreateTopicsRequest.CreatableTopic {
            $0.name = name
            $0.numPartitions = partitions
            $0.replicationFactor = replicationFactor
            $0.configs = settings.sorted { $0.key < $1.key }.map { name, value in
                CreateTopicsRequest.CreatableTopicConfig {
                    $0.name = name
                    $0.value = value
                }
            }
        }
    }
}

/// What the cluster says of a topic.
public struct TopicDescription: Sendable, Hashable {
    /// Its name.
    public var name: String

    /// Its id, which a topic that is made again under the same name does not share; zero where the cluster has none.
    public var id: KafkaUUID

    /// How many partitions it has.
    public var partitionCount: Int
}
