import KafkaProtocol

/// The interfaces that are offered, with the versions of each: what ApiVersions tells clients.
enum SupportedAPIs {
    static let versions: [APIKey: ClosedRange<Int16>] = [
        // Old versions are offered in name alone, as by Apache Kafka 4: librdkafka looks for them before it uses
        // compression. Records of the old formats are refused.
        .produce: 0...13,
        .fetch: 4...18,
        .listOffsets: 1...10,
        .metadata: 0...13,
        .offsetCommit: 2...10,
        .offsetFetch: 1...10,
        .findCoordinator: 0...6,
        .joinGroup: 0...9,
        .heartbeat: 0...4,
        .leaveGroup: 0...5,
        .syncGroup: 0...5,
        .describeGroups: 0...6,
        .listGroups: 0...5,
        .apiVersions: 0...4,
        .createTopics: 2...7,
        .deleteTopics: 1...6,
        .deleteRecords: 0...2,
        .initProducerID: 0...5,
        .offsetForLeaderEpoch: 2...4,
        .describeConfigs: 1...4,
        .createPartitions: 0...3,
        .deleteGroups: 0...2,
        .offsetDelete: 0...0,
        .describeCluster: 0...2,
        .describeTopicPartitions: 0...0,
    ]

    static let entries: [ApiVersionsResponse.APIVersion] = versions.sorted { $0.key < $1.key }.map { key, versions in
        .init {
            $0.apiKey = key
            $0.minVersion = versions.lowerBound
            $0.maxVersion = versions.upperBound
        }
    }
}
