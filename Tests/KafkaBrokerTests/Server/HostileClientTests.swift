import Bytes
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaBroker

/// Clients that mean no good, or are strange: whatever they do, others are served.
@Suite(.timeLimit(.minutes(2))) struct HostileClientTests {
    /// A frame that says how long it is, and the first of its bytes.
    private static func frame(_ length: Int, _ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: Int32(length).bigEndian, Array.init) + bytes
    }

    private static func large(_ bytes: Int = 300_000) throws -> ByteSlice {
        try batch([String(repeating: "x", count: bytes)])
    }

    private static func small(_ configuration: inout BrokerConfiguration) {
        configuration.requestMemory = 2 << 20
        configuration.maxRequestBytes = 1 << 20
        configuration.maxBatchBytes = 1 << 19
    }

    @Test func whateverEndsARequestItsMemoryIsThereForOthers() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, loops: 2, configure: Self.small) { endpoint, loop in
            let producer = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await producer.createTopic("t")
            let request = WireClient.produce("t", try Self.large())
            let whole = try request.frame(version: 9, correlationID: 1, clientID: "test")
                .reduce(into: [UInt8]()) { $0 += $1.array }
            let unknown = Self.frame(200_000, [0x7f, 0x7f, 0, 0] + [UInt8](repeating: 0, count: 199_996))
            let nonsense = Self.frame(200_000, [0, 0, 0, 9] + [UInt8](repeating: 0xff, count: 199_996))
            // What is sent, and whether the broker ends the connection then.
            let endings: [(bytes: [UInt8], isFault: Bool)] = [
                (whole + [UInt8](repeating: 0xff, count: 64), true),
                (whole + Self.frame(100, [0, 0]), false),
                (Array(whole.prefix(150_000)), false),
                (Array(whole.prefix(5)), false),
                (unknown, true), (nonsense, true), (nonsense + whole, true),
            ]
            for round in 0..<8 {
                for ending in endings {
                    let client = try await WireClient.connect(to: endpoint, on: loop)
                    // The broker may have ended the connection meanwhile.
                    do throws(TransportError) {
                        try await client.stream.write(ByteSlice(ending.bytes))
                    } catch {}
                    // Some stay until the broker ends the connection, others are gone at once.
                    if round % 2 == 0, ending.isFault { while try await client.receive() != nil {} }
                    client.stream.close()
                }
            }
            for _ in 0..<3 { #expect(try await producer.produce("t", try Self.large()).errorCode == .none) }
        }
    }

    @Test func aRequestBeforeGarbageIsAnswered() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t")
            let request = WireClient.produce("t", try batch(["kept"]))
            let whole = try request.frame(version: 9, correlationID: 1, clientID: "test")
                .reduce(into: [UInt8]()) { $0 += $1.array }
            try await client.send(whole + [0xff, 0xff, 0xff, 0xff])
            #expect(try await client.receive(ProduceResponse.self, version: 9).responses.count == 1)
            #expect(try await client.receive() == nil)
        }
    }

    @Test func whoOnlySaysHowMuchWillComeHoldsNoMemory() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, configure: Self.small) { endpoint, loop in
            let producer = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await producer.createTopic("t")
            var silent: [WireClient] = []
            for _ in 0..<20 {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                try await client.send(Self.frame(1 << 20, [0, 0, 0, 9]))
                silent.append(client)
            }
            #expect(try await producer.produce("t", try Self.large()).errorCode == .none)
            for client in silent { client.stream.close() }
        }
    }

    @Test func whoFallsSilentInALargeRequestIsGivenUp() async throws {
        let folder = try TemporaryFolder()
        let configure: (inout BrokerConfiguration) -> Void = {
            Self.small(&$0)
            $0.stallTimeout = .milliseconds(100)
        }
        try await withBroker(folder.path, configure: configure) { endpoint, loop in
            let producer = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await producer.createTopic("t")
            for _ in 0..<4 {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                try await client.send(Self.frame(1 << 20, [0, 0, 0, 9] + [UInt8](repeating: 0, count: 100_000)))
                #expect(try await client.receive() == nil)
            }
            #expect(try await producer.produce("t", try Self.large()).errorCode == .none)
        }
    }

    @Test func whoHasGoneIsNotWaitedFor() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, loops: 2, configure: { $0.maxConnections = 8 }) { endpoint, loop in
            let first = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await first.createTopic("t")
            for round in 0..<7 {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                if round % 2 == 0 {
                    try await client.send(WireClient.fetch("t", from: 0, wait: 300_000), version: 12)
                } else {
                    // The second member waits for the first one, which will never join again.
                    let join = JoinGroupRequest {
                        $0.groupID = "g"
                        $0.sessionTimeoutMs = 600_000
                        $0.rebalanceTimeoutMs = 600_000
                        $0.protocolType = "consumer"
                        $0.protocols = [.init { $0.name = "range" }]
                    }
                    try await client.send(join, version: 3)
                    if round == 1 { _ = try await client.receive() }
                }
                client.stream.close()
            }
            // All places are free again soon, though nothing of what was waited for has come.
            try await until("all places being free again") {
                var others: [WireClient] = []
                defer { for other in others { other.stream.close() } }
                for _ in 0..<7 {
                    do {
                        let other = try await WireClient.connect(to: endpoint, on: loop)
                        others.append(other)
                        _ = try await other.call(ApiVersionsRequest(), version: 3)
                    } catch { return false }
                }
                return true
            }
        }
    }

    @Test func largeFetchesThatWaitLeaveRoomForOthers() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, loops: 2, configure: Self.small) { endpoint, loop in
            let producer = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await producer.createTopic("t")
            _ = try await producer.createTopic("u")
            var fetch = WireClient.fetch("t", from: 0, wait: 300_000)
            fetch.topics[0].partitions = Array(repeating: fetch.topics[0].partitions[0], count: 6_000)
            let answered = LoopBound(0, on: loop)
            var waiting: [Task<Void, any Error>] = []
            for _ in 0..<10 {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                try await client.send(fetch, version: 12)
                waiting.append(
                    Task(executorPreference: loop) {
                        let response = try await client.receive(FetchResponse.self, version: 12)
                        #expect(response.responses[0].partitions.allSatisfy { $0.errorCode == .none })
                        answered.value += 1
                    })
            }
            for _ in 0..<3 { #expect(try await producer.produce("u", try Self.large()).errorCode == .none) }
            // One has found room to wait in; the others got what there was, which is nothing.
            try await until("all but one being answered") { answered.value == 9 }
            #expect(try await producer.produce("t", try batch(["awaited"])).errorCode == .none)
            for task in waiting { try await task.value }
        }
    }

    @Test func largeJoinsThatWaitLeaveRoomForOthers() async throws {
        let folder = try TemporaryFolder()
        let configure: (inout BrokerConfiguration) -> Void = {
            Self.small(&$0)
            // So that a group's first member waits, for longer than the test takes.
            $0.groupInitialRebalanceDelay = .seconds(600)
        }
        try await withBroker(folder.path, loops: 2, configure: configure) { endpoint, loop in
            let producer = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await producer.createTopic("t")
            let refused = LoopBound(0, on: loop)
            var waiting: [Task<Void, any Error>] = []
            for number in 0..<10 {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                let join = JoinGroupRequest {
                    $0.groupID = "g\(number)"
                    $0.sessionTimeoutMs = 600_000
                    $0.rebalanceTimeoutMs = 600_000
                    $0.protocolType = "consumer"
                    $0.protocols = [
                        .init {
                            $0.name = "range"
                            $0.metadata = ByteSlice([UInt8](repeating: 7, count: 200_000))
                        }
                    ]
                }
                try await client.send(join, version: 3)
                waiting.append(
                    Task(executorPreference: loop) {
                        let response = try await client.receive(JoinGroupResponse.self, version: 3)
                        #expect(response.errorCode == .coordinatorNotAvailable)
                        refused.value += 1
                    })
            }
            for _ in 0..<3 { #expect(try await producer.produce("t", try Self.large()).errorCode == .none) }
            // One has found room to wait in; the others are to come again.
            try await until("all but one being refused") { refused.value == 9 }
            for task in waiting { task.cancel() }
        }
    }

    @Test func recordsThatGrowMuchDoNotHoldTheLoop() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t", partitions: 8)
            // Some tens of kilobytes each, of which forty megabytes are made to check them.
            let bomb = try batch([String(repeating: "0", count: 40 << 20)], compression: .gzip)
            #expect(bomb.count < 100_000)
            let request = ProduceRequest {
                $0.acks = -1
                $0.timeoutMs = 5_000
                $0.topicData = [
                    .init {
                        $0.name = "t"
                        $0.partitionData = (0..<8 as Range<Int32>).map { index in
                            .init {
                                $0.index = index
                                $0.records = bomb
                            }
                        }
                    }
                ]
            }
            // The round in which all that was made here is over, and not counted.
            try await loop.sleep(for: .milliseconds(1))
            _ = loop.takeLag()
            let start = Deadline.now
            let response = try await client.call(request, version: 9)
            let whole = start.duration(to: .now)
            for partition in response.responses[0].partitionResponses { #expect(partition.errorCode == .none) }
            // The longest time for which nobody else was served.
            #expect(loop.takeLag() < whole / 2)
        }
    }

    @Test func onlyRecordsMakeRequestsLarge() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            // Two bytes a topic: what is made of them would take a hundred times as much.
            let request = MetadataRequest { $0.topics = (0..<1_200_000).map { _ in .init { $0.name = "" } } }
            let frame = try request.frame(version: 8, correlationID: 1, clientID: "test")
            // The broker ends the connection before it has read all of it.
            do throws(TransportError) {
                try await client.stream.write(frame, deadline: .after(.seconds(10)))
            } catch {}
            #expect(try await client.receive() == nil)
        }
    }

    @Test func aMembersProtocolsAreBounded() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            func join(_ protocols: Int, name: Int) async throws -> KafkaErrorCode {
                let request = JoinGroupRequest {
                    $0.groupID = "g"
                    $0.sessionTimeoutMs = 10_000
                    $0.protocolType = "consumer"
                    $0.protocols = (0..<protocols).map { number in
                        .init { $0.name = "\(number)" + String(repeating: "p", count: name) }
                    }
                }
                return try await client.call(request, version: 3).errorCode
            }
            // Members' protocols are compared with each other: many would hold the loop for minutes.
            #expect(try await join(1_000, name: 1) == .invalidRequest)
            #expect(try await join(50, name: 30_000) == .invalidRequest)
            #expect(try await join(20, name: 1) == .none)
        }
    }

    @Test func answersThatNobodyTakesAreBounded() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, configure: { $0.fetchMemory = 1 << 20 }) { endpoint, loop in
            let large = OffsetFetchRequest {
                $0.groupID = "g"
                $0.topics = [
                    .init {
                        $0.name = "t"
                        $0.partitionIndexes = Array(0..<100_000)
                    }
                ]
            }
            let deaf = try await WireClient.connect(to: endpoint, on: loop)
            // What the system keeps of it is not the broker's; what follows is.
            let frame = try large.frame(version: 5, correlationID: 1, clientID: "test")
            let sending = Task(executorPreference: loop) { [stream = deaf.stream] in
                for _ in 0..<60 { try await stream.write(frame) }
            }
            defer { sending.cancel() }
            let other = try await WireClient.connect(to: endpoint, on: loop)
            try await until("a large answer being refused") {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                try await client.send(large, version: 5)
                return try await client.receive() == nil
            }
            // Small ones are given all the while.
            #expect(try await other.call(ApiVersionsRequest(), version: 3).errorCode == .none)
            deaf.stream.close()
            try await until("large answers being given again") {
                let client = try await WireClient.connect(to: endpoint, on: loop)
                try await client.send(large, version: 5)
                return try await client.receive() != nil
            }
        }
    }

    @Test func committedOffsetsAreBounded() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path, configure: { $0.offsetMemory = 64 << 10 }) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            _ = try await client.createTopic("t")
            func commit(_ group: String) async throws -> KafkaErrorCode {
                let request = OffsetCommitRequest {
                    $0.groupID = group
                    $0.topics = [
                        .init {
                            $0.name = "t"
                            $0.partitions = [
                                .init {
                                    $0.committedOffset = 1
                                    $0.committedMetadata = String(repeating: "m", count: 4_000)
                                }
                            ]
                        }
                    ]
                }
                return try await client.call(request, version: 8).topics[0].partitions[0].errorCode
            }
            var refused = 0
            for number in 0..<30 where try await commit("g\(number)") == .invalidCommitOffsetSize { refused += 1 }
            #expect((10...20).contains(refused))
            // Who commits again in place of what is there needs no more.
            #expect(try await commit("g0") == .none)
        }
    }

    @Test func committedOffsetsEndWithTheirTopic() async throws {
        let folder = try TemporaryFolder()
        try await withBroker(folder.path) { endpoint, loop in
            let client = try await WireClient.connect(to: endpoint, on: loop)
            let commit = OffsetCommitRequest {
                $0.groupID = "g"
                $0.topics = [
                    .init {
                        $0.name = "t"
                        $0.partitions = [.init { $0.committedOffset = 7 }]
                    }
                ]
            }
            let delete = DeleteTopicsRequest {
                $0.topicNames = ["t"]
                $0.timeoutMs = 5_000
            }
            let fetch = OffsetFetchRequest {
                $0.groups = [
                    .init {
                        $0.groupID = "g"; $0.topics = nil
                    }
                ]
            }
            for _ in 0..<20 {
                #expect(try await client.createTopic("t").errorCode == .none)
                // Others commit while the topic goes: what is written after its end belongs to nothing.
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<4 {
                        tasks.addTask(executorPreference: loop) {
                            let other = try await WireClient.connect(to: endpoint, on: loop)
                            for _ in 0..<10 { _ = try await other.call(commit, version: 8) }
                        }
                    }
                    let deleted = try await client.call(delete, version: 4)
                    #expect(deleted.responses[0].errorCode == .none)
                    try await tasks.waitForAll()
                }
                #expect(try await client.createTopic("t").errorCode == .none)
                #expect(try await client.call(fetch, version: 8).groups[0].topics.isEmpty)
                #expect(try await client.call(delete, version: 4).responses[0].errorCode == .none)
            }
        }
    }
}
