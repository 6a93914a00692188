import Bytes
import KafkaProtocol
import Testing
import Transport

@testable import KafkaBroker

@Suite(.timeLimit(.minutes(2))) struct BrokerTests {
    @Test(arguments: [1, 2]) func producedRecordsAreFetched(loops: Int) async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, loops: loops) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            #expect(try await client.createTopic("t").errorCode == .none)
            let first = try await client.produce("t", try batch(["a", "b"]))
            #expect(first.errorCode == .none)
            #expect(first.baseOffset == 0)
            #expect(try await client.produce("t", try batch(["c"])).baseOffset == 2)
            let data = try await client.fetch("t", from: 0)
            #expect(data.highWatermark == 3)
            #expect(try values(data.records ?? .empty) == ["a", "b", "c"])
            #expect(try await client.fetch("t", from: 9).errorCode == .offsetOutOfRange)
            #expect(try await client.fetch("none", from: 0).errorCode == .unknownTopicOrPartition)
        }
    }

    @Test func whatWasAcknowledgedIsThereAfterARestart() async throws {
        let folder = try TemporaryFolder()
        let kept = try batch(["kept"], producer: ProducerState(id: 4, epoch: 0, sequence: 0))
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t")
            #expect(try await client.produce("t", kept).baseOffset == 0)
            let id = try await client.call(InitProducerIdRequest { $0.transactionalID = nil }, version: 4)
            #expect(id.producerID == 0)
            let commit = try await client.call(
                OffsetCommitRequest {
                    $0.groupID = "g"
                    $0.topics = [
                        .init {
                            $0.name = "t"
                            $0.partitions = [.init { $0.committedOffset = 1 }]
                        }
                    ]
                }, version: 8)
            #expect(commit.topics[0].partitions[0].errorCode == .none)
        }
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            #expect(try values(try await client.fetch("t", from: 0).records ?? .empty) == ["kept"])
            // A repetition is answered with the first one's offset, and not appended.
            #expect(try await client.produce("t", kept).baseOffset == 0)
            #expect(try await client.fetch("t", from: 1).highWatermark == 1)
            let id = try await client.call(InitProducerIdRequest { $0.transactionalID = nil }, version: 4)
            #expect(id.producerID >= 1)
            let offsets = try await client.call(
                OffsetFetchRequest {
                    $0.groups = [
                        .init {
                            $0.groupID = "g"; $0.topics = nil
                        }
                    ]
                }, version: 8)
            #expect(offsets.groups[0].topics[0].partitions[0].committedOffset == 1)
        }
    }

    @Test func aFetchWaitsForRecords() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let reader = try await WireClient.connect(to: endpoint, on: loop)
            let writer = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await writer.createTopic("t")
            try await reader.send(WireClient.fetch("t", from: 0, wait: 20_000), version: 12)
            _ = try await writer.produce("t", try batch(["now"]))
            let response = try await reader.receive(FetchResponse.self, version: 12)
            #expect(try values(response.responses[0].partitions[0].records ?? .empty) == ["now"])
            // What never comes is waited for no longer than asked.
            #expect(try await reader.fetch("t", from: 1, wait: 50).records?.isEmpty == true)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t")
            for id in 0..<40 {
                try await client.send(WireClient.produce("t", try batch(["\(id)"])), version: 9, id: Int32(id))
            }
            try await client.send(WireClient.fetch("t", from: 0), version: 12, id: 40)
            for id in 0..<40 {
                let response = try await client.receive(ProduceResponse.self, version: 9, id: Int32(id))
                #expect(response.responses[0].partitionResponses[0].baseOffset == Int64(id))
            }
            let response = try await client.receive(FetchResponse.self, version: 12, id: 40)
            #expect(try values(response.responses[0].partitions[0].records ?? .empty) == (0..<40).map(String.init))
        }
    }

    @Test func recordsThatWantNoAnswerGetNone() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t")
            try await client.send(WireClient.produce("t", try batch(["quiet"]), acks: 0), version: 9)
            #expect(try values(try await client.fetch("t", from: 0, wait: 5_000).records ?? .empty) == ["quiet"])
            // A refusal can only be told by the connection's end.
            try await client.send(WireClient.produce("none", try batch(["lost"]), acks: 0), version: 9)
            #expect(try await client.receive() == nil)
        }
    }

    @Test func topicsAreCheckedMadeAndRemoved() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            let made = try await client.createTopic("t", partitions: 3)
            #expect(made.numPartitions == 3)
            #expect(try await client.createTopic("t").errorCode == .topicAlreadyExists)
            #expect(try await client.createTopic("no spaces").errorCode == .invalidTopicException)
            #expect(try await client.createTopic("..").errorCode == .invalidTopicException)
            #expect(try await client.createTopic("zero", partitions: 0).errorCode == .invalidPartitions)
            #expect(try await client.createTopic("many", partitions: .max).errorCode == .invalidPartitions)
            let metadata = try await client.call(MetadataRequest { $0.topics = nil }, version: 12)
            #expect(metadata.topics.map(\.name) == ["t"])
            #expect(metadata.topics[0].topicID == made.topicID)
            #expect(metadata.topics[0].partitions.count == 3)
            let unknown = try await client.call(
                MetadataRequest { $0.topics = [.init { $0.name = "other" }] }, version: 12)
            #expect(unknown.topics[0].errorCode == .unknownTopicOrPartition)
            let deleted = try await client.call(
                DeleteTopicsRequest { $0.topics = [.init { $0.topicID = made.topicID }] }, version: 6)
            #expect(deleted.responses[0].errorCode == .none)
            #expect(try await client.produce("t", try batch(["x"])).errorCode == .unknownTopicOrPartition)
        }
        #expect(try Folder.names(in: "\(folder.path)/topics").isEmpty)
    }

    @Test func refusedBatchesAreToldWhy() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t")
            var damaged = try batch(["a"]).array
            damaged[65] ^= 1
            #expect(try await client.produce("t", ByteSlice(damaged)).errorCode == .corruptMessage)
            #expect(try await client.produce("t", nil).errorCode == .invalidRecord)
            #expect(try await client.produce("t", try batch(["a"]), acks: 7).errorCode == .invalidRequiredAcks)
            let gap = try batch(["a"], producer: ProducerState(id: 1, epoch: 0, sequence: 0))
            _ = try await client.produce("t", gap)
            let late = try batch(["a"], producer: ProducerState(id: 1, epoch: 0, sequence: 5))
            #expect(try await client.produce("t", late).errorCode == .outOfOrderSequenceNumber)
            #expect(try await client.fetch("t", from: 0).highWatermark == 1)
        }
    }

    @Test func aVersionThatIsUnknownIsAnsweredSoThatTheClientLearns() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            // ApiVersions, version 99, correlation id 1, no client id, no tagged fields.
            try await client.send([0, 0, 0, 11, 0, 18, 0, 99, 0, 0, 0, 1, 0xff, 0xff, 0])
            let response = try await client.receive(ApiVersionsResponse.self, version: 0)
            #expect(response.errorCode == .unsupportedVersion)
            #expect(response.apiKeys.contains { $0.apiKey == .produce && $0.maxVersion == 13 })
            // Another interface's unknown version ends the connection.
            try await client.send([0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 2, 0xff, 0xff])
            #expect(try await client.receive() == nil)
        }
    }

    @Test func bytesBehindARequestAreLeftAlone() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            // Metadata, version 13, for all topics, as librdkafka 2.16 sends it: null is written in four bytes, not one.
            try await client.send([0, 0, 0, 18, 0, 3, 0, 13, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 0, 0])
            let response = try await client.receive(MetadataResponse.self, version: 13)
            #expect(response.brokers.count == 1)
        }
    }

    @Test func garbageEndsTheConnectionAndNothingElse() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            var random = SystemRandomNumberGenerator()
            let hostile: [[UInt8]] =
                [
                    [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [0, 0, 0, 3, 1, 2, 3],
                    Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
                    // A produce request of version 9 with a count of two billion topics.
                    [0, 0, 0, 24, 0, 0, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0, 0]
                        + [0xff, 0xff, 0xff, 0xff, 0x07, 0],
                    // A fetch of version 4 with minus two topics.
                    [0, 0, 0, 31, 0, 1, 0, 4, 0, 0, 0, 1, 0xff, 0xff] + [UInt8](repeating: 0xff, count: 21),
                ]
                + (0..<200).map { index in
                    let body = (0..<(1 + index)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    // A known interface and version, so that its decoder meets with the garbage.
                    let header: [UInt8] = [0, UInt8(index % 25), 0, UInt8(index % 13), 0, 0, 0, 1, 0xff, 0xff]
                    return [0, 0, 0, UInt8(body.count + header.count)] + header + body
                }
            for bytes in hostile {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                // The broker may be faster with its refusal than this with its write.
                do throws(TransportError) {
                    try await client.stream.write(ByteSlice(bytes))
                    try await client.stream.shutdownWrite()
                } catch { #expect(error.code == .reset) }
                while try await client.receive() != nil {}
                client.stream.close()
            }
            let client = try await WireClient.connect(to: endpoint, on: loop)
            #expect(try await client.createTopic("fine").errorCode == .none)
        }
    }

    @Test func aSecondBrokerOnTheFolderIsRefused() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        try await withBroker(path) { _, _ in
            let error = await #expect(throws: BrokerError.self) { try await withBroker(path) { _, _ in } }
            #expect(error?.code == .locked)
        }
    }

    @Test func settingsThatMakeNoSenseAreRefused() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        let error = await #expect(throws: BrokerError.self) {
            try await withBroker(path, configure: { $0.segmentBytes = 5 }) { _, _ in }
        }
        #expect(error?.code == .configuration)
    }
}
