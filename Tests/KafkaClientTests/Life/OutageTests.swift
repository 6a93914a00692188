import Bytes
import KafkaProtocol
import Synchronization
import Telemetry
import TestSupport
import Testing
import Transport

@testable import KafkaClient

/// What the process has logged: tests look for the lines about their own brokers.
enum LogCapture {
    private static let records = Mutex<[LogRecord]>([])
    private static let isOn: Bool = {
        LoggingSystem.bootstrap(level: .info) { record in records.withLock { $0.append(record) } }
        return true
    }()

    static func start() { _ = isOn }

    /// The lines of a label that name something in their metadata.
    static func lines(_ label: String, naming text: String) -> [LogRecord] {
        records.withLock { $0 }.filter { record in
            record.label == label && record.metadata.pairs.contains { $0.value.contains(text) }
        }
    }
}

/// What a client that connects to the given port says is wrong, in its first failure.
private func failure(
    at endpoint: Endpoint, tls: TLSConfiguration? = nil, on loop: EventLoop
) async throws -> String {
    let cluster = Cluster(KafkaConfiguration(brokers: [endpoint], tls: tls), on: loop)
    let running = Ending().of { try await loop.run { await cluster.run() } }
    defer { running.cancel() }
    let error = await #expect(throws: KafkaError.self) {
        try await loop.run { _ = try await cluster.callAny(MetadataRequest()) }
    }
    #expect(error?.isRetriable == true)
    return error?.message ?? ""
}

@Suite("Brokers that cannot be reached", .timeLimit(.minutes(1)))
struct OutageTests {
    @Test("nobody listens: one warning says so, with brokers and reason, and a line when that is over")
    func warns() async throws {
        LogCapture.start()
        let servers = try EventLoopGroup(loops: 1)
        let ours = try EventLoopGroup(loops: 1)
        let loop = ours.loops[0]
        let port = try reservedPort()
        let configuration = KafkaConfiguration(brokers: [.tcp(host: "127.0.0.1", port: port)])
        let producer = KafkaProducer(ProducerConfiguration(configuration), on: loop)
        let running = Ending().of { try await producer.run() }
        let name = "127.0.0.1:\(port)"
        try await until("a warning is logged", within: .seconds(30)) {
            !LogCapture.lines("kafka.cluster", naming: name).isEmpty
        }
        let line = LogCapture.lines("kafka.cluster", naming: name)[0]
        #expect(line.level == .warning)
        #expect(line.metadata["broker"] == name)
        #expect(line.metadata[.error]?.contains("refused") == true)
        let problem = try await loop.run { producer.onLoop.problem }
        #expect(problem?.message.contains("refused") == true)

        let broker = try FakeBroker(port: port, on: servers)
        let serving = Ending().of { try await broker.run() }
        try await until("the producer is ready by itself", within: .seconds(30)) {
            try await loop.run { producer.onLoop.problem == nil }
        }
        #expect(LogCapture.lines("kafka.cluster", naming: name).last?.level == .info)
        running.cancel()
        broker.stop()
        serving.cancel()
        await ours.shutdown()
        await servers.shutdown()
    }

    @Test("a broker that takes connections and never answers is told of as soon as one that refuses them")
    func isMute() async throws {
        LogCapture.start()
        var mute = FakeBroker.Behaviour()
        mute.isMute = true
        try await withBrokers([mute]) { brokers, loop in
            let configuration = KafkaConfiguration(brokers: [brokers[0].endpoint])
            let producer = KafkaProducer(ProducerConfiguration(configuration), on: loop)
            let running = Ending().of { try await producer.run() }
            try await until("a warning is logged", within: .seconds(30)) {
                !LogCapture.lines("kafka.cluster", naming: brokers[0].endpoint.description).isEmpty
            }
            let line = LogCapture.lines("kafka.cluster", naming: brokers[0].endpoint.description)[0]
            #expect(line.metadata[.error] == "no answer yet")
            running.cancel()
        }
    }

    @Test("an idle producer tells that its broker died, and that it is back, though nothing is sent")
    func idles() async throws {
        let servers = try EventLoopGroup(loops: 1)
        let ours = try EventLoopGroup(loops: 1)
        let loop = ours.loops[0]
        let first = try FakeBroker(on: servers)
        var serving = Ending().of { try await first.run() }
        let producer = KafkaProducer(ProducerConfiguration(testConfiguration([first])), on: loop)
        let running = Ending().of { try await producer.run() }
        try await producer.prepare(topic: "t")
        try await until("all is well") { try await loop.run { producer.onLoop.problem == nil } }
        first.stop()
        serving.cancel()
        try await until("the death is told") { try await loop.run { producer.onLoop.problem != nil } }
        let second = try FakeBroker(port: first.port, on: servers)
        serving = Ending().of { try await second.run() }
        try await until("the recovery is told") { try await loop.run { producer.onLoop.problem == nil } }
        #expect(second.calls(.produce) == 0)
        running.cancel()
        second.stop()
        serving.cancel()
        await ours.shutdown()
        await servers.shutdown()
    }

    @Test("an idle producer finds out that its broker hangs, and that it goes on")
    func hangs() async throws {
        try await withBrokers { brokers, loop in
            var configuration = testConfiguration(brokers)
            configuration.silenceLimit = .milliseconds(50)
            configuration.requestTimeout = .milliseconds(200)
            configuration.connectTimeout = .milliseconds(200)
            let producer = KafkaProducer(ProducerConfiguration(configuration), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            try await until("all is well") { try await loop.run { producer.onLoop.problem == nil } }
            brokers[0].change { $0.isMute = true }
            try await until("the silence is told") { try await loop.run { producer.onLoop.problem != nil } }
            brokers[0].change { $0.isMute = false }
            try await until("the recovery is told") { try await loop.run { producer.onLoop.problem == nil } }
            running.cancel()
        }
    }

    @Test("a refused producer id and a topic without leaders are told, and that they are over")
    func tellsReasons() async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.identity = .answer(InitProducerIdResponse { $0.errorCode = .clusterAuthorizationFailed })
        behaviour.topics = ["t": [-1, -1]]
        try await withBrokers([behaviour]) { brokers, loop in
            var configuration = testConfiguration(brokers)
            configuration.silenceLimit = .milliseconds(50)
            let producer = KafkaProducer(ProducerConfiguration(configuration), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            try await until("the refusal is told") {
                try await loop.run { producer.onLoop.problem?.serverCode == .clusterAuthorizationFailed }
            }
            brokers[0].change { $0.identity = nil }
            try await until("the leaders are missed") {
                try await loop.run { producer.onLoop.problem?.message.contains("leader") == true }
            }
            brokers[0].change { $0.topics = ["t": [-1, 1]] }
            try await until("all is well: records without a key have somewhere to go") {
                try await loop.run { producer.onLoop.problem == nil }
            }
            await producer.close()
            let code = try await loop.run { producer.onLoop.problem?.code }
            #expect(code == .closed)
            running.cancel()
        }
    }

    @Test("a port that speaks HTTP")
    func speaksHTTP() async throws {
        try await withServer { stream in
            let buffer = ReceiveBuffer()
            _ = try? await stream.read(into: buffer)
            try? await stream.write(ByteSlice(utf8: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
        } _: { listener, loop in
            let message = try await failure(at: listener.localEndpoint, on: loop)
            #expect(message == "\(listener.localEndpoint) speaks HTTP, not Kafka's protocol")
        }
    }

    @Test("a port that speaks TLS, asked without it")
    func speaksTLS() async throws {
        try await withServer { stream in
            let buffer = ReceiveBuffer()
            _ = try? await stream.read(into: buffer)
            // What OpenSSL says to bytes that are no handshake: a fatal alert.
            try? await stream.write(ByteSlice([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]))
        } _: { listener, loop in
            let message = try await failure(at: listener.localEndpoint, on: loop)
            #expect(message == "\(listener.localEndpoint) speaks TLS, and this client is set up without it")
        }
    }

    @Test("a port that hangs up on the first request, as a broker's TLS port may")
    func hangsUp() async throws {
        try await withServer { stream in
            _ = try? await stream.read(into: ReceiveBuffer())
        } _: { listener, loop in
            let message = try await failure(at: listener.localEndpoint, on: loop)
            #expect(message.contains("before it answered: does the port want TLS"))
        }
    }

    @Test("a broker's plain port, asked by TLS")
    func isPlain() async throws {
        // A broker takes the handshake for a request of 369 MB, and hangs up.
        try await withServer { stream in
            _ = try? await stream.read(into: ReceiveBuffer())
        } _: { listener, loop in
            let tls = try TLSConfiguration.client()
            let message = try await failure(at: listener.localEndpoint, tls: tls, on: loop)
            #expect(message.contains("is the port a broker's plain one?"))
        }
    }

    @Test("the first bytes of Kafka's answers are taken for no other protocol")
    func isKafka() {
        for length: UInt32 in [4, 300, 65_536, 128 << 20] { #expect(WrongProtocol.name(firstBytes: length) == nil) }
    }

    @Test("a client that was given no broker says so")
    func hasNoBroker() async throws {
        try await withLoops(1) { group in
            let admin = KafkaAdmin(KafkaConfiguration(brokers: []), on: group.loops[0])
            let running = Ending().of { try await admin.run() }
            let error = await #expect(throws: KafkaError.self) { _ = try await admin.describeTopics(["t"]) }
            #expect(error?.code == .configuration)
            await admin.close()
            running.cancel()
        }
    }
}
