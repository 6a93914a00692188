import Bytes
import KafkaProtocol
import Synchronization
import TestSupport
import Transport

@testable import KafkaClient

/// A broker in this process that answers as a test wants it to, request by request.
final class FakeBroker: Sendable {
    /// What is done with a request.
    enum Reply {
        case answer(any KafkaResponse)
        /// A header with bytes behind it that are no answer.
        case nonsense
        /// It stays without an answer.
        case silence
        /// The connection ends.
        case hangUp
    }

    /// A broker in the metadata.
    struct Listed {
        var id: Int32
        var port: Int
    }

    struct Behaviour {
        /// Accepts connections and never says anything.
        var isMute = false
        /// The brokers of the cluster; nil for this one alone, as broker 1.
        var brokers: [Listed]?
        /// What it does not offer.
        var lacks: Set<APIKey> = []
        /// The leader of each partition of each topic.
        var topics: [String: [Int32]] = ["t": [1]]
        /// The topics that it says are not there.
        var unknown: Set<String> = []
        var epoch: Int32 = 0
        /// How often its topics were made: each time they get other ids.
        var making: UInt64 = 1
        /// What comes of requests that ask for a producer id.
        var identity: Reply?
        /// What comes of requests with records; nil for acknowledging all of them.
        var produce: (@Sendable (FakeBroker, ProduceRequest) throws -> Reply?)?
        /// What comes of ListOffsets; nil for offset 0 of all of them.
        var listOffsets: (@Sendable (FakeBroker, ListOffsetsRequest) throws -> Reply?)?
        /// What comes of fetches; nil for holding them back, as where there is nothing new.
        var fetch: (@Sendable (FakeBroker, FetchRequest) throws -> Reply?)?
        /// What is answered to whoever looks for a group's coordinator: it is that of every group.
        var coordinatorCode = KafkaErrorCode.none
        /// What comes of JoinGroup.
        var join = Reply.silence
        /// What comes of SyncGroup.
        var sync = Reply.silence
        /// What comes of heartbeats.
        var heartbeat = Reply.silence
    }

    private struct State {
        var behaviour: Behaviour
        var calls: [APIKey: Int] = [:]
        var connections: [ByteStream] = []
        var partitions: [TopicPartition: ModelPartition<String>] = [:]
    }

    private let state: Mutex<State>
    private let listener: Listener
    let port: Int
    var endpoint: Endpoint { .tcp(host: "127.0.0.1", port: port) }

    init(_ behaviour: Behaviour = Behaviour(), port: Int = 0, on group: EventLoopGroup) throws {
        state = Mutex(State(behaviour: behaviour))
        listener = try Listener.bind(to: .tcp(host: "127.0.0.1", port: port), on: group)
        guard case .tcp(_, let port) = listener.localEndpoint else { throw TestFailure("no TCP port") }
        self.port = port
    }

    /// Changes what it does from here on.
    func change(_ body: (inout Behaviour) -> Void) { state.withLock { body(&$0.behaviour) } }

    /// How many requests of a kind have come.
    func calls(_ key: APIKey) -> Int { state.withLock { $0.calls[key, default: 0] } }

    /// How many connections were made.
    var connections: Int { state.withLock { $0.connections.count } }

    /// The values of the records in the logs of all partitions.
    var log: [String] { state.withLock { $0.partitions.sorted { $0.key < $1.key }.flatMap(\.value.log) } }

    func run() async throws { try await listener.run { await self.serve($0) } }

    /// Dies: its port is closed, and all connections with it.
    func stop() {
        listener.stop()
        for stream in state.withLock({ $0.connections }) { stream.close() }
    }

    private func serve(_ stream: ByteStream) async {
        state.withLock { $0.connections.append(stream) }
        let buffer = ReceiveBuffer()
        do {
            while true {
                while let frame = Self.frame(in: buffer) {
                    guard try await answer(frame, on: stream) else { return stream.close() }
                }
                guard try await stream.read(into: buffer) > 0 else { return }
            }
        } catch {
            // The client is gone, or the test is over.
            stream.close()
        }
    }

    private static func frame(in buffer: ReceiveBuffer) -> ByteSlice? {
        guard buffer.count >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 << 8 | Int(buffer.span[$1]) }
        guard buffer.count >= 4 + length else { return nil }
        buffer.consume(4)
        return buffer.takeSlice(length)
    }

    private func answer(_ frame: ByteSlice, on stream: ByteStream) async throws -> Bool {
        var reader = ByteReader(frame)
        let header = try RequestHeader(from: &reader)
        let body = frame.suffix(from: reader.position)
        state.withLock { $0.calls[header.apiKey, default: 0] += 1 }
        switch try reply(header, body) {
        case .silence: return true
        case .hangUp: return false
        case .nonsense:
            let id = header.correlationID.bigEndian
            let bytes = withUnsafeBytes(of: id) { Array($0) } + [0, 0xff, 0xff, 0xff, 0xff, 0x0f]
            try await stream.write(ByteSlice([0, 0, 0, UInt8(bytes.count)] + bytes))
            return true
        case .answer(let response):
            try await Self.write(response, header, to: stream)
            return true
        }
    }

    private static func write(
        _ response: some KafkaResponse, _ header: RequestHeader, to stream: ByteStream
    ) async throws {
        try await stream.write(
            try response.frame(version: header.apiVersion, correlationID: header.correlationID))
    }

    private func reply(_ header: RequestHeader, _ body: ByteSlice) throws -> Reply {
        let behaviour = state.withLock { $0.behaviour }
        if behaviour.isMute { return .silence }
        switch header.apiKey {
        case .apiVersions:
            var versions = Self.versions
            versions.apiKeys.removeAll { behaviour.lacks.contains($0.apiKey) }
            return .answer(versions)
        case .metadata:
            let request = try MetadataRequest(body, version: header.apiVersion)
            return .answer(metadata(behaviour, of: request.topics.map { Set($0.compactMap(\.name)) }))
        case .initProducerID:
            return behaviour.identity
                ?? .answer(
                    InitProducerIdResponse {
                        $0.producerID = 7
                        $0.producerEpoch = 0
                    })
        case .produce:
            let request = try ProduceRequest(body, version: header.apiVersion)
            return try behaviour.produce?(self, request) ?? .answer(try append(request))
        case .listOffsets:
            let request = try ListOffsetsRequest(body, version: header.apiVersion)
            return try behaviour.listOffsets?(self, request) ?? .answer(Self.offsets(request) { _ in 0 })
        case .fetch:
            let request = try FetchRequest(body, version: header.apiVersion)
            return try behaviour.fetch?(self, request) ?? .silence
        case .findCoordinator:
            let id = (behaviour.brokers ?? [Listed(id: 1, port: port)]).first
            return .answer(
                FindCoordinatorResponse {
                    $0.errorCode = behaviour.coordinatorCode
                    $0.nodeID = id?.id ?? -1
                })
        case .joinGroup: return behaviour.join
        case .syncGroup: return behaviour.sync
        case .heartbeat: return behaviour.heartbeat
        case .leaveGroup: return .answer(LeaveGroupResponse())
        default: return .hangUp
        }
    }

    private static let versions = ApiVersionsResponse {
        func entry<Request: KafkaRequest>(_ type: Request.Type, _ limit: Int16) -> ApiVersionsResponse.APIVersion {
            ApiVersionsResponse.APIVersion {
                $0.apiKey = Request.apiKey
                $0.minVersion = Request.versions.lowerBound
                $0.maxVersion = min(Request.versions.upperBound, limit)
            }
        }
        $0.apiKeys = [
            entry(ApiVersionsRequest.self, .max), entry(MetadataRequest.self, .max),
            entry(InitProducerIdRequest.self, .max), entry(ProduceRequest.self, 12),
            entry(FetchRequest.self, 12), entry(ListOffsetsRequest.self, 7), entry(FindCoordinatorRequest.self, 3),
            entry(JoinGroupRequest.self, 5), entry(SyncGroupRequest.self, 3),
            entry(HeartbeatRequest.self, 3), entry(LeaveGroupRequest.self, 3),
            entry(CreateTopicsRequest.self, .max), entry(DeleteTopicsRequest.self, .max),
        ]
    }

    /// What is answered to those who ask for some topics; nil for all.
    private func metadata(_ behaviour: Behaviour, of asked: Set<String>?) -> MetadataResponse {
        let brokers = behaviour.brokers ?? [Listed(id: 1, port: port)]
        return MetadataResponse {
            $0.brokers = brokers.map { broker in
                MetadataResponse.Broker {
                    $0.nodeID = broker.id
                    $0.host = "127.0.0.1"
                    $0.port = Int32(broker.port)
                }
            }
            $0.controllerID = brokers.first?.id ?? -1
            let topics = behaviour.topics.filter { asked?.contains($0.key) ?? true }
            $0.topics = topics.map { name, leaders in
                MetadataResponse.Topic {
                    $0.name = name
                    $0.topicID = KafkaUUID(high: behaviour.making, low: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
                    $0.partitions = leaders.enumerated().map { index, leader in
                        MetadataResponse.Partition {
                            $0.partitionIndex = Int32(index)
                            $0.leaderID = leader
                            $0.leaderEpoch = behaviour.epoch
                        }
                    }
                }
            }
            for name in behaviour.unknown where asked?.contains(name) ?? true {
                $0.topics.append(
                    MetadataResponse.Topic {
                        $0.name = name
                        $0.errorCode = .unknownTopicOrPartition
                    })
            }
        }
    }

    /// Takes the records of a request, as far as their sequences allow.
    func append(_ request: ProduceRequest) throws -> ProduceResponse {
        var codes: [TopicPartition: KafkaErrorCode] = [:]
        for topic in request.topicData {
            for data in topic.partitionData {
                let header = try RecordBatch(data.records ?? .empty).header
                let copy = ModelPartition<String>.Copy(
                    records: try Self.values(of: data),
                    identity: ProducerIdentity(id: header.producerID, epoch: header.producerEpoch),
                    sequence: header.baseSequence)
                let name = TopicPartition(topic.name, data.index)
                codes[name] = state.withLock { $0.partitions[name, default: ModelPartition()].append(copy) }
            }
        }
        return Self.answer(to: request) { codes[TopicPartition($0, $1)] ?? .none }
    }

    /// The values of the records in a request.
    static func values(of request: ProduceRequest) throws -> [String] {
        try request.topicData.flatMap(\.partitionData).flatMap { try values(of: $0) }
    }

    private static func values(of data: ProduceRequest.PartitionProduceData) throws -> [String] {
        var values: [String] = []
        var records = try RecordBatch(data.records ?? .empty).records(using: RecordDecompressor())
        while let record = try records.next() { values.append(record.value?.utf8 ?? "") }
        return values
    }

    /// Answers each partition with a code.
    static func answer(
        to request: ProduceRequest, _ code: (String, Int32) -> KafkaErrorCode
    ) -> ProduceResponse {
        ProduceResponse {
            $0.responses = request.topicData.map { topic in
                ProduceResponse.TopicProduceResponse {
                    $0.name = topic.name
                    $0.topicID = topic.topicID
                    $0.partitionResponses = topic.partitionData.map { partition in
                        ProduceResponse.PartitionProduceResponse {
                            $0.index = partition.index
                            $0.errorCode = code(topic.name, partition.index)
                        }
                    }
                }
            }
        }
    }
}

/// Runs brokers, and `body` with a loop for the client beside theirs; ends the brokers afterwards.
///
/// The client's loop has a thread of its own: where a client holds it up for ever, the test still fails.
func withBrokers(
    _ behaviours: [FakeBroker.Behaviour] = [FakeBroker.Behaviour()],
    _ body: @escaping @Sendable ([FakeBroker], EventLoop) async throws -> Void
) async throws {
    let theirs = try EventLoopGroup(loops: 1)
    let ours = try EventLoopGroup(loops: 1)
    let brokers = try behaviours.map { try FakeBroker($0, on: theirs) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        for broker in brokers { tasks.addTask { try await broker.run() } }
        defer { for broker in brokers { broker.stop() } }
        try await body(brokers, ours.loops[0])
    }
    await ours.shutdown()
    await theirs.shutdown()
}

/// Settings that wait for nothing longer than a test wants to.
func testConfiguration(_ brokers: [FakeBroker]) -> KafkaConfiguration {
    var configuration = KafkaConfiguration(brokers: brokers.map(\.endpoint), clientID: "test")
    configuration.retryBackoff = Backoff(first: .milliseconds(5), limit: .milliseconds(50))
    configuration.reconnectBackoff = Backoff(first: .milliseconds(5), limit: .milliseconds(50))
    return configuration
}
