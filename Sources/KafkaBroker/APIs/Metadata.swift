import KafkaProtocol

extension BrokerCore {
    /// Metadata: this broker leads everything.
    func metadata(_ call: Call, _ request: MetadataRequest) async -> MetadataResponse {
        var response = MetadataResponse()
        response.brokers = [
            .init {
                $0.nodeID = configuration.nodeID
                $0.host = advertised.host
                $0.port = Int32(advertised.port)
            }
        ]
        response.clusterID = catalog.clusterID.description
        response.controllerID = configuration.nodeID
        // Version 0 has no way to ask for none: an empty list asks for all.
        guard let asked = request.topics, !(asked.isEmpty && call.version == 0) else {
            response.topics = topics.values.sorted { $0.name < $1.name }.map { describe($0) }
            return response
        }
        for (index, topic) in asked.enumerated() {
            // Many names must not hold the loop.
            if index % 1_000 == 999 { await Task.yield() }
            if let name = topic.name, topic.topicID.isZero {
                response.topics.append(await describe(name, request))
            } else {
                let known = self.topic(id: topic.topicID)
                response.topics.append(
                    known.map { describe($0) }
                        ?? .init {
                            $0.errorCode = .unknownTopicID
                            $0.name = nil
                            $0.topicID = topic.topicID
                        })
            }
        }
        return response
    }

    private func describe(_ name: String, _ request: MetadataRequest) async -> MetadataResponse.Topic {
        if let topic = topics[name] { return describe(topic) }
        func refused(_ error: KafkaErrorCode) -> MetadataResponse.Topic {
            .init {
                $0.errorCode = error
                $0.name = name
            }
        }
        guard TopicSettings.fault(ofName: name) == nil else { return refused(.invalidTopicException) }
        guard request.allowAutoTopicCreation, configuration.autoCreateTopics else {
            return refused(.unknownTopicOrPartition)
        }
        switch await createTopic(name, partitions: configuration.defaultPartitions, settings: [:]) {
        case .success(let topic): return describe(topic)
        case .failure(let refusal):
            // Somebody else may have made it meanwhile.
            if let topic = topics[name] { return describe(topic) }
            return refused(refusal.error)
        }
    }

    private func describe(_ topic: Topic) -> MetadataResponse.Topic {
        .init {
            $0.name = topic.name
            $0.topicID = topic.id
            $0.partitions = topic.partitions.indices.map { index in
                .init {
                    $0.partitionIndex = Int32(index)
                    $0.leaderID = configuration.nodeID
                    $0.leaderEpoch = topic.partitions[index].log.leaderEpoch
                    $0.replicaNodes = [configuration.nodeID]
                    $0.isrNodes = [configuration.nodeID]
                }
            }
        }
    }

    /// DescribeTopicPartitions (KIP-966): the same, in pages.
    func describeTopicPartitions(
        _ call: Call, _ request: DescribeTopicPartitionsRequest
    ) async -> DescribeTopicPartitionsResponse {
        var response = DescribeTopicPartitionsResponse()
        var names = request.topics.isEmpty ? topics.keys.sorted() : request.topics.map(\.name).sorted()
        if let cursor = request.cursor { names.removeAll { $0 < cursor.topicName } }
        var room = Int(min(max(request.responsePartitionLimit, 1), 2_000))
        for name in names {
            guard let topic = topics[name] else {
                response.topics.append(
                    .init {
                        $0.name = name
                        $0.errorCode =
                            TopicSettings.fault(ofName: name) == nil
                            ? .unknownTopicOrPartition : .invalidTopicException
                    })
                continue
            }
            let start = request.cursor.map { $0.topicName == name ? Int(max($0.partitionIndex, 0)) : 0 } ?? 0
            let end = min(topic.partitions.count, start.addingReportingOverflow(room).partialValue)
            response.topics.append(
                .init {
                    $0.name = name
                    $0.topicID = topic.id
                    $0.partitions = (min(start, end)..<end).map { index in
                        .init {
                            $0.partitionIndex = Int32(index)
                            $0.leaderID = configuration.nodeID
                            $0.leaderEpoch = topic.partitions[index].log.leaderEpoch
                            $0.replicaNodes = [configuration.nodeID]
                            $0.isrNodes = [configuration.nodeID]
                            // Not null: the Java client takes that badly.
                            $0.eligibleLeaderReplicas = []
                            $0.lastKnownElr = []
                        }
                    }
                })
            room -= max(end - start, 0)
            if end < topic.partitions.count || (room <= 0 && name != names.last) {
                response.nextCursor = .init {
                    $0.topicName = name
                    $0.partitionIndex = Int32(end)
                }
                break
            }
        }
        return response
    }

    /// DescribeCluster: one broker, which is the controller.
    func describeCluster(_ call: Call, _ request: DescribeClusterRequest) async -> DescribeClusterResponse {
        DescribeClusterResponse {
            $0.clusterID = catalog.clusterID.description
            $0.controllerID = configuration.nodeID
            $0.endpointType = request.endpointType
            guard request.endpointType == 1 else {
                $0.errorCode = .unsupportedEndpointType
                $0.errorMessage = "only brokers can be described here"
                return
            }
            $0.brokers = [
                .init {
                    $0.brokerID = configuration.nodeID
                    $0.host = advertised.host
                    $0.port = Int32(advertised.port)
                }
            ]
        }
    }

    /// FindCoordinator: this broker coordinates every group.
    func findCoordinator(_ call: Call, _ request: FindCoordinatorRequest) async -> FindCoordinatorResponse {
        // Transactions have no coordinator here, share groups neither.
        let error: KafkaErrorCode = request.keyType == 0 ? .none : .invalidRequest
        let message = request.keyType == 0 ? nil : "only consumer groups have a coordinator here"
        return FindCoordinatorResponse {
            $0.errorCode = error
            $0.errorMessage = message
            $0.nodeID = error == .none ? configuration.nodeID : -1
            $0.host = error == .none ? advertised.host : ""
            $0.port = error == .none ? Int32(advertised.port) : -1
            guard call.version >= 4 else { return }
            $0.errorCode = .none
            $0.coordinators = request.coordinatorKeys.map { key in
                .init {
                    $0.key = key
                    $0.errorCode = error
                    $0.errorMessage = message
                    $0.nodeID = error == .none ? configuration.nodeID : -1
                    $0.host = error == .none ? advertised.host : ""
                    $0.port = error == .none ? Int32(advertised.port) : -1
                }
            }
        }
    }
}
