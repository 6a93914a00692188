import KafkaProtocol

extension BrokerCore {
    /// DescribeConfigs: a topic's settings; a broker's are those of its configuration that Kafka has a name for.
    func describeConfigs(_ call: Call, _ request: DescribeConfigsRequest) async -> DescribeConfigsResponse {
        var response = DescribeConfigsResponse()
        for asked in request.resources {
            var result = DescribeConfigsResponse.Result()
            result.errorMessage = nil
            result.resourceType = asked.resourceType
            result.resourceName = asked.resourceName
            let settings: [(name: String, value: String, isDefault: Bool)]
            switch asked.resourceType {
            case 2:
                if let topic = topics[asked.resourceName] {
                    settings = TopicSettings.effective(topic.info.settings, configuration)
                } else {
                    result.errorCode = .unknownTopicOrPartition
                    result.errorMessage = "no topic \(asked.resourceName)"
                    settings = []
                }
            case 4:
                if asked.resourceName == String(configuration.nodeID) || asked.resourceName.isEmpty {
                    settings = brokerSettings
                } else {
                    result.errorCode = .invalidRequest
                    result.errorMessage = "the one broker is \(configuration.nodeID)"
                    settings = []
                }
            default:
                result.errorCode = .invalidRequest
                result.errorMessage = "resources of type \(asked.resourceType) have no settings here"
                settings = []
            }
            let isTopic = asked.resourceType == 2
            result.configs = settings.filter { asked.configurationKeys?.contains($0.name) ?? true }.map { setting in
                .init {
                    $0.name = setting.name
                    $0.value = setting.value
                    $0.readOnly = !isTopic
                    $0.isDefault = setting.isDefault
                    $0.configSource = isTopic && !setting.isDefault ? 1 : setting.isDefault ? 5 : 4
                    $0.documentation = nil
                }
            }
            response.results.append(result)
        }
        return response
    }

    private var brokerSettings: [(name: String, value: String, isDefault: Bool)] {
        [
            ("auto.create.topics.enable", String(configuration.autoCreateTopics)),
            ("default.replication.factor", "1"),
            ("log.dirs", configuration.dataDirectory),
            ("message.max.bytes", String(configuration.maxBatchBytes)),
            ("min.insync.replicas", "1"),
            ("num.partitions", String(configuration.defaultPartitions)),
            ("socket.request.max.bytes", String(configuration.maxRequestBytes)),
        ].map { ($0.0, $0.1, false) }
    }
}
