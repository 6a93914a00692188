import KafkaProtocol
import Transport

extension BrokerCore {
    /// Why something was not done for a topic.
    struct TopicRefusal: Error {
        var error: KafkaErrorCode
        var message: String

        init(_ error: KafkaErrorCode, _ message: String) {
            self.error = error
            self.message = message
        }

        init(_ error: BrokerError) { self.init(.kafkaStorageError, error.message) }
    }

    /// CreateTopics.
    func createTopics(_ call: Call, _ request: CreateTopicsRequest) async -> CreateTopicsResponse {
        var response = CreateTopicsResponse()
        let times = Dictionary(request.topics.map { ($0.name, 1) }, uniquingKeysWith: +)
        for asked in request.topics {
            var result = CreateTopicsResponse.CreatableTopicResult()
            result.name = asked.name
            result.errorMessage = nil
            let outcome: Result<Topic?, TopicRefusal> =
                times[asked.name, default: 1] > 1
                ? .failure(TopicRefusal(.invalidRequest, "\(asked.name) is named twice"))
                : await create(asked, validateOnly: request.validateOnly)
            switch outcome {
            case .failure(let refusal):
                result.errorCode = refusal.error
                result.errorMessage = refusal.message
            case .success(let topic):
                let settings = topic?.info.settings ?? [:]
                result.topicID = topic?.id ?? .zero
                result.numPartitions = topic?.info.partitions ?? partitions(of: asked)
                result.replicationFactor = 1
                result.configs = TopicSettings.effective(settings, configuration).map { setting in
                    .init {
                        $0.name = setting.name
                        $0.value = setting.value
                        $0.configSource = setting.isDefault ? 5 : 1
                    }
                }
            }
            response.topics.append(result)
        }
        return response
    }

    private func partitions(of asked: CreateTopicsRequest.CreatableTopic) -> Int32 {
        if !asked.assignments.isEmpty { return Int32(clamping: asked.assignments.count) }
        return asked.numPartitions == -1 ? configuration.defaultPartitions : asked.numPartitions
    }

    private func create(
        _ asked: CreateTopicsRequest.CreatableTopic, validateOnly: Bool
    ) async -> Result<Topic?, TopicRefusal> {
        var settings: [String: String] = [:]
        for config in asked.configs {
            if let fault = TopicSettings.fault(of: config.name, config.value) {
                return .failure(TopicRefusal(.invalidConfig, fault))
            }
            settings[config.name] = config.value
        }
        for assignment in asked.assignments where assignment.brokerIDs != [configuration.nodeID] {
            return .failure(TopicRefusal(.invalidReplicaAssignment, "the one broker is \(configuration.nodeID)"))
        }
        guard !asked.assignments.isEmpty || asked.replicationFactor == 1 || asked.replicationFactor == -1 else {
            return .failure(TopicRefusal(.invalidReplicationFactor, "one broker keeps one replica"))
        }
        let count = partitions(of: asked)
        if let refusal = refusal(toCreate: asked.name, partitions: count) { return .failure(refusal) }
        if validateOnly { return .success(nil) }
        return await createTopic(asked.name, partitions: count, settings: settings).map { $0 }
    }

    private func refusal(toCreate name: String, partitions: Int32) -> TopicRefusal? {
        if let fault = TopicSettings.fault(ofName: name) { return TopicRefusal(.invalidTopicException, fault) }
        if topics[name] != nil { return TopicRefusal(.topicAlreadyExists, "there is a topic \(name)") }
        guard partitions > 0 else { return TopicRefusal(.invalidPartitions, "a topic has at least one partition") }
        guard Int(partitions) <= configuration.maxPartitions - partitionCount else {
            return TopicRefusal(
                .invalidPartitions,
                "\(configuration.maxPartitions) partitions are allowed in all, \(partitionCount) are there")
        }
        return nil
    }

    /// Makes a topic: first its folders, then its entry in the catalog, so that a crash between the two leaves nothing
    /// but folders without a name, which the next start removes.
    func createTopic(
        _ name: String, partitions: Int32, settings: [String: String]
    ) async -> Result<Topic, TopicRefusal> {
        await catalogLock.withLock { () async -> Result<Topic, TopicRefusal> in
            if let refusal = refusal(toCreate: name, partitions: partitions) { return .failure(refusal) }
            let info = Catalog.Topic(id: .random(), name: name, partitions: partitions, settings: settings)
            do throws(BrokerError) {
                let logs = try await makeLogs(info.id, 0..<partitions)
                var catalog = self.catalog
                catalog.topics[name] = info
                try await store(catalog)
                publish(info, logs: logs)
            } catch {
                report(error)
                return .failure(TopicRefusal(error))
            }
            guard let topic = topics[name] else {
                return .failure(TopicRefusal(.unknownServerError, "the topic is gone"))
            }
            return .success(topic)
        }
    }

    private func makeLogs(_ id: KafkaUUID, _ indexes: Range<Int32>) async throws(BrokerError) -> [RecoveredLog] {
        let folder = configuration.dataDirectory
        return try await BlockingPool.run { () throws(BrokerError) in
            var logs: [RecoveredLog] = []
            for index in indexes {
                logs.append(try RecoveredLog.create(StoredBroker.partitionFolder(folder, id, index)))
            }
            return logs
        }
    }

    /// DeleteTopics.
    func deleteTopics(_ call: Call, _ request: DeleteTopicsRequest) async -> DeleteTopicsResponse {
        var response = DeleteTopicsResponse()
        let asked: [(name: String?, id: KafkaUUID)] =
            call.version >= 6 ? request.topics.map { ($0.name, $0.topicID) } : request.topicNames.map { ($0, .zero) }
        for (name, id) in asked {
            let topic = name.map { topics[$0] } ?? self.topic(id: id)
            var result = DeleteTopicsResponse.DeletableTopicResult()
            result.name = topic?.name ?? name
            result.topicID = topic?.id ?? id
            if let topic {
                if let refusal = await delete(topic) {
                    result.errorCode = refusal.error
                    result.errorMessage = refusal.message
                }
            } else {
                result.errorCode = name == nil ? .unknownTopicID : .unknownTopicOrPartition
            }
            response.responses.append(result)
        }
        return response
    }

    /// Removes a topic: first its entry in the catalog, then its folders and its committed offsets.
    private func delete(_ topic: Topic) async -> TopicRefusal? {
        await catalogLock.withLock { () async -> TopicRefusal? in
            guard topics[topic.name] === topic else {
                return TopicRefusal(.unknownTopicOrPartition, "\(topic.name) is gone already")
            }
            let folder = StoredBroker.topicFolder(configuration.dataDirectory, topic.id)
            do throws(BrokerError) {
                var catalog = self.catalog
                catalog.topics[topic.name] = nil
                try await store(catalog)
                withdraw(topic)
                let orphans = offsets.orphans { topics[$0]?.id == $1 }
                try await offsetQueue?.append(orphans.map { OffsetStore.deleteEntry($0.group, $0.key) })
                try await BlockingPool.run { () throws(BrokerError) in try Folder.remove(tree: folder) }
                return nil
            } catch {
                report(error)
                return TopicRefusal(error)
            }
        }
    }

    /// CreatePartitions: a topic grows, and never shrinks.
    func createPartitions(_ call: Call, _ request: CreatePartitionsRequest) async -> CreatePartitionsResponse {
        var response = CreatePartitionsResponse()
        for asked in request.topics {
            let refusal = await extend(asked.name, to: asked.count, validateOnly: request.validateOnly)
            response.results.append(
                .init {
                    $0.name = asked.name
                    $0.errorCode = refusal?.error ?? .none
                    $0.errorMessage = refusal?.message
                })
        }
        return response
    }

    private func extend(_ name: String, to count: Int32, validateOnly: Bool) async -> TopicRefusal? {
        await catalogLock.withLock { () async -> TopicRefusal? in
            guard let topic = topics[name] else { return TopicRefusal(.unknownTopicOrPartition, "no topic \(name)") }
            let have = topic.info.partitions
            guard count > have else {
                return TopicRefusal(.invalidPartitions, "\(name) has \(have) partitions; it can only grow")
            }
            guard Int(count - have) <= configuration.maxPartitions - partitionCount else {
                return TopicRefusal(.invalidPartitions, "\(configuration.maxPartitions) partitions are allowed in all")
            }
            if validateOnly { return nil }
            do throws(BrokerError) {
                var info = topic.info
                info.partitions = count
                let logs = try await makeLogs(info.id, have..<count)
                var catalog = self.catalog
                catalog.topics[name] = info
                try await store(catalog)
                publish(info, logs: logs)
                return nil
            } catch {
                report(error)
                return TopicRefusal(error)
            }
        }
    }
}
