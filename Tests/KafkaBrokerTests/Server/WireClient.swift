import Bytes
import KafkaProtocol
import Transport

@testable import KafkaBroker

/// A connection that sends requests and reads answers, and nothing more.
struct WireClient {
    let stream: ByteStream
    private let buffer = ReceiveBuffer()

    static func connect(to endpoint: Endpoint, on loop: EventLoop) async throws -> WireClient {
        WireClient(stream: try await ByteStream.connect(to: endpoint, on: loop))
    }

    private init(stream: ByteStream) { self.stream = stream }

    func send(_ request: some KafkaRequest, version: Int16, id: Int32 = 1) async throws {
        try await stream.write(try request.frame(version: version, correlationID: id, clientID: "test"))
    }

    func send(_ bytes: [UInt8]) async throws { try await stream.write(ByteSlice(bytes)) }

    /// The next answer's frame; nil where the broker has ended the connection.
    func receive() async throws -> ByteSlice? {
        while true {
            if buffer.count >= 4 {
                let length = (0..<4).reduce(0) { $0 << 8 | Int(buffer.span[$1]) }
                if buffer.count >= 4 + length {
                    buffer.consume(4)
                    return buffer.takeSlice(length)
                }
            }
            do throws(TransportError) {
                guard try await stream.read(into: buffer, deadline: .after(.seconds(20))) > 0 else { return nil }
            } catch {
                if error.code == .reset { return nil }
                throw error
            }
        }
    }

    func receive<Response: KafkaResponse>(_ type: Response.Type, version: Int16, id: Int32 = 1) async throws -> Response
    {
        guard let frame = try await receive() else { throw BrokerError(.storage, "the connection ended") }
        var reader = ByteReader(frame)
        let header = try ResponseHeader(from: &reader, apiKey: Response.apiKey, version: version)
        guard header.correlationID == id else {
            throw BrokerError(.storage, "answer \(header.correlationID), not \(id)")
        }
        return try Response(frame.suffix(from: reader.position), version: version)
    }

    func call<Request: KafkaRequest>(_ request: Request, version: Int16) async throws -> Request.Response {
        try await send(request, version: version)
        return try await receive(Request.Response.self, version: version)
    }

    // MARK: Calls that tests make often

    func createTopic(_ name: String, partitions: Int32 = 1) async throws -> CreateTopicsResponse.CreatableTopicResult {
        let response = try await call(
            CreateTopicsRequest {
                $0.topics = [
                    .init {
                        $0.name = name
                        $0.numPartitions = partitions
                        $0.replicationFactor = 1
                    }
                ]
            }, version: 7)
        return response.topics[0]
    }

    static func produce(_ topic: String, _ batch: ByteSlice?, partition: Int32 = 0, acks: Int16 = -1) -> ProduceRequest
    {
        ProduceRequest {
            $0.acks = acks
            $0.timeoutMs = 5_000
            $0.topicData = [
                .init {
                    $0.name = topic
                    $0.partitionData = [
                        .init {
                            $0.index = partition
                            $0.records = batch
                        }
                    ]
                }
            ]
        }
    }

    func produce(
        _ topic: String, _ batch: ByteSlice?, acks: Int16 = -1
    ) async throws -> ProduceResponse.PartitionProduceResponse {
        let response = try await call(Self.produce(topic, batch, acks: acks), version: 9)
        return response.responses[0].partitionResponses[0]
    }

    static func fetch(
        _ topic: String, from offset: Int64, wait: Int32 = 0, minBytes: Int32 = 1, maxBytes: Int32 = 1 << 20
    ) -> FetchRequest {
        FetchRequest {
            $0.maxWaitMs = wait
            $0.minBytes = minBytes
            $0.topics = [
                .init {
                    $0.topic = topic
                    $0.partitions = [
                        .init {
                            $0.fetchOffset = offset
                            $0.partitionMaxBytes = maxBytes
                        }
                    ]
                }
            ]
        }
    }

    func fetch(
        _ topic: String, from offset: Int64, wait: Int32 = 0, minBytes: Int32 = 1
    ) async throws -> FetchResponse.PartitionData {
        let response = try await call(
            Self.fetch(topic, from: offset, wait: wait, minBytes: minBytes), version: 12)
        return response.responses[0].partitions[0]
    }
}

/// Runs a broker in this process for the time of `body`, on loops of its own.
func withBroker(
    _ folder: String, loops: Int = 1, configure: (inout BrokerConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (Endpoint, EventLoop) async throws -> Void
) async throws {
    var configuration = BrokerConfiguration(dataDirectory: folder, port: 0)
    configuration.groupInitialRebalanceDelay = .zero
    configure(&configuration)
    let broker = KafkaBroker(configuration: configuration)
    let group = try EventLoopGroup(loops: loops)
    let loop = group.loops[loops - 1]
    let (endpoints, found) = AsyncStream.makeStream(of: Endpoint.self, bufferingPolicy: .bufferingNewest(1))
    do {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await broker.run(on: group) { found.yield($0) }
            }
            tasks.addTask(executorPreference: loop) {
                for await endpoint in endpoints { return try await body(endpoint, loop) }
            }
            try await tasks.next()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    } catch {
        await group.shutdown()
        throw error
    }
    await group.shutdown()
}
