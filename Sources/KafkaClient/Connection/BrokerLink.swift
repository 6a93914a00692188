import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// The way to one broker: a connection while there is work, made again with back-off when it breaks.
///
/// Requests are written in order and pipelined; answers come in the same order. A broker that leaves a request
/// unanswered past its deadline loses the connection, since nothing behind that request could be answered either.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on `loop` alone.
final class BrokerLink: @unchecked Sendable {
    enum State {
        /// Nobody wants the broker.
        case idle
        /// A connection is being made, or waits for its turn after a failure.
        case connecting
        case ready
        case closed
    }

    let endpoint: Endpoint
    /// The endpoint, for people.
    let broker: String
    let loop: EventLoop
    let configuration: KafkaConfiguration
    let logger = Logger(label: "kafka.connection")

    private(set) var state = State.idle
    var isReady: Bool { state == .ready }
    /// What the broker speaks.
    var versions = APIVersions()
    /// Why the last connection broke, or could not be made.
    private(set) var lastError: KafkaError?

    /// Called when requests can be sent.
    var onReady: () -> Void = {}
    /// Called when a connection broke or could not be made.
    var onDown: () -> Void = {}

    private var stream: ByteStream?
    private var outgoing: [ByteSlice] = []
    private var inFlight = Fifo<PendingRequest>()
    private var nextCorrelationID: Int32 = 0
    private var watchdog: LoopTimer?
    private var failures = 0
    /// Whether somebody asked for the connection since the last one broke.
    private var isDemanded = false
    /// Announces that the connection is there, or could not be made.
    private let outcome: LoopSignal

    /// Opened when somebody wants the link, and when it is closed.
    private let demand: LoopSignal
    /// Opened when there is something to write.
    private let writable: LoopSignal

    init(to endpoint: Endpoint, on loop: EventLoop, _ configuration: KafkaConfiguration) {
        self.endpoint = endpoint
        broker = endpoint.description
        self.loop = loop
        self.configuration = configuration
        demand = LoopSignal(on: loop)
        writable = LoopSignal(on: loop)
        outcome = LoopSignal(on: loop)
    }

    // MARK: Requests

    /// Asks for a connection; `onReady` tells when there is one.
    func wake() {
        guard state != .ready, state != .closed else { return }
        isDemanded = true
        guard state == .idle else { return }
        state = .connecting
        demand.signal()
    }

    /// Sends a request and calls back with its answer, or with why there is none. The link must be ready.
    func send<Request: KafkaRequest>(
        _ request: Request, limit: Int16 = .max, timeout: Duration? = nil,
        _ complete: @escaping (Result<Request.Response, KafkaError>) -> Void
    ) {
        do throws(KafkaError) {
            let version = try versions.pick(Request.self, limit: limit, broker: broker)
            let broker = broker
            try submit(request, version: version, timeout: timeout) { result in
                complete(result.flatMap { decode(Request.Response.self, $0, version: version, broker: broker) })
            }
        } catch {
            complete(.failure(error))
        }
    }

    /// Sends a request and waits for its answer, and for the connection before that.
    func call<Request: KafkaRequest>(
        _ request: Request, limit: Int16 = .max, timeout: Duration? = nil
    ) async throws(KafkaError) -> Request.Response {
        try await connected()
        let version = try versions.pick(Request.self, limit: limit, broker: broker)
        return try await exchange(request, version: version, timeout: timeout)
    }

    /// Sends a request in the given version and waits for its answer. Used by the handshake, too.
    func exchange<Request: KafkaRequest>(
        _ request: Request, version: Int16, timeout: Duration? = nil
    ) async throws(KafkaError) -> Request.Response {
        let frame = try await answer(to: request, version: version, timeout: timeout)
        return try decode(Request.Response.self, frame, version: version, broker: broker).get()
    }

    /// The bytes behind the answer's header.
    func answer<Request: KafkaRequest>(
        to request: Request, version: Int16, timeout: Duration?
    ) async throws(KafkaError) -> ByteSlice {
        let handle = CancellationHandle()
        let result: Result<ByteSlice, KafkaError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                do throws(KafkaError) {
                    handle.pending = try submit(request, version: version, timeout: timeout) {
                        continuation.resume(returning: $0)
                    }
                    if Task.isCancelled { handle.cancel() }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            loop.execute { handle.cancel() }
        }
        return try result.get()
    }

    @discardableResult
    private func submit<Request: KafkaRequest>(
        _ request: Request, version: Int16, timeout: Duration?,
        _ complete: @escaping (Result<ByteSlice, KafkaError>) -> Void
    ) throws(KafkaError) -> PendingRequest {
        guard stream != nil else { throw lastError ?? broken("the connection is not there") }
        let correlationID = nextCorrelationID
        nextCorrelationID = nextCorrelationID &+ 1
        let frame: [ByteSlice]
        do {
            frame = try request.frame(
                version: version, correlationID: correlationID, clientID: configuration.clientID)
        } catch {
            throw KafkaError(.configuration, "the request cannot be written: \(error)", broker: broker)
        }
        let pending = PendingRequest(
            correlationID: correlationID,
            apiKey: Request.apiKey, version: version,
            deadline: Deadline.now + (timeout ?? configuration.requestTimeout), complete: complete)
        inFlight.append(pending)
        outgoing.append(contentsOf: frame)
        writable.signal()
        setWatchdog()
        return pending
    }

    /// Waits until requests can be sent.
    func connected() async throws(KafkaError) {
        if state == .ready { return }
        if state == .closed { throw KafkaError(.closed, "the client is closed", broker: broker) }
        wake()
        await outcome.pause()
        if state == .ready { return }
        if Task.isCancelled { throw KafkaError(.cancelled, "cancelled") }
        throw lastError ?? broken("no connection")
    }

    // MARK: Life

    /// Keeps the connection until the link is closed or the task is cancelled.
    func run() async {
        while state != .closed, !Task.isCancelled {
            if state == .idle { await demand.pause() }
            guard state == .connecting else { continue }
            do throws(KafkaError) {
                try await connectAndServe()
            } catch {
                down(error)
            }
            guard state != .closed, !Task.isCancelled else { break }
            if failures > 0 {
                let wait = configuration.reconnectBackoff.delay(attempt: failures)
                state = .connecting
                do { try await loop.sleep(until: .after(wait)) } catch { break }
            }
            // Connects again only where somebody waits for it.
            if state == .connecting, !outcome.hasWaiters, !isDemanded { state = .idle }
        }
        close()
    }

    private func connectAndServe() async throws(KafkaError) {
        var options = ConnectOptions()
        options.connectTimeout = configuration.connectTimeout
        options.tls = configuration.tls
        let stream: ByteStream
        do {
            stream = try await ByteStream.connect(to: endpoint, options: options, on: loop)
        } catch {
            throw broken("\(error)")
        }
        guard state == .connecting else { return stream.close() }
        self.stream = stream
        outgoing = []
        // The reader ends when the stream does, and takes the writer and the handshake with it.
        let result = await withTaskGroup(of: Result<Void, KafkaError>.self) { group in
            group.addTask { await self.result { () async throws(KafkaError) in try await self.read(stream) } }
            group.addTask { await self.result { () async throws(KafkaError) in try await self.write(stream) } }
            group.addTask {
                await self.result { () async throws(KafkaError) in
                    try await self.greet()
                    self.becameReady()
                    // Nothing else to do: ends with the others.
                    await LoopSignal(on: self.loop).pause()
                }
            }
            let first = await group.next() ?? .success(())
            stream.close()
            self.stream = nil
            group.cancelAll()
            return first
        }
        try result.get()
    }

    private func result(_ body: () async throws(KafkaError) -> Void) async -> Result<Void, KafkaError> {
        do throws(KafkaError) {
            try await body()
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func becameReady() {
        guard state == .connecting else { return }
        state = .ready
        failures = 0
        logger.debug("connected", metadata: ["broker": broker])
        outcome.signal()
        onReady()
    }

    /// Ends the connection for good.
    func close() {
        guard state != .closed else { return }
        state = .closed
        stream?.close()
        stream = nil
        demand.signal()
        abandon(KafkaError(.closed, "the client is closed", broker: broker))
    }

    /// Breaks the connection; it is made again when somebody asks for it.
    func reset(_ error: KafkaError) {
        lastError = error
        stream?.close()
    }

    private func down(_ error: KafkaError) {
        stream?.close()
        stream = nil
        failures += 1
        isDemanded = false
        if state != .closed { state = .connecting }
        lastError = lastErrorOverride ?? error
        lastErrorOverride = nil
        logger.debug("connection down", metadata: ["broker": broker, "reason": error.message])
        abandon(lastError ?? error)
        onDown()
    }

    /// Set where the link itself broke the connection, and knows better why than the reader that it surprised.
    private var lastErrorOverride: KafkaError?

    private func abandon(_ error: KafkaError) {
        watchdog?.cancel()
        watchdog = nil
        outgoing = []
        var pending: [PendingRequest] = []
        while let request = inFlight.popFirst() { pending.append(request) }
        for request in pending { request.finish(.failure(error)) }
        outcome.signal()
    }

    func broken(_ message: String) -> KafkaError {
        KafkaError(.connection, message, broker: broker, isRetriable: true)
    }

    // MARK: Bytes

    private func read(_ stream: ByteStream) async throws(KafkaError) {
        let buffer = ReceiveBuffer(capacity: 65_536)
        var wanted = 4
        while true {
            while buffer.count >= wanted {
                guard buffer.count >= 4 else { break }
                let length = Int(Int32(truncatingIfNeeded: Self.length(in: buffer.span)))
                guard length >= 4, length <= configuration.maxResponseBytes else {
                    throw KafkaError(
                        .malformedResponse, "an answer claims \(length) bytes", broker: broker,
                        isRetriable: true)
                }
                wanted = 4 + length
                guard buffer.count >= wanted else { break }
                buffer.consume(4)
                try received(buffer.takeSlice(length))
                wanted = 4
            }
            let room = max(wanted - buffer.count, 4096)
            do {
                if try await stream.read(into: buffer, atLeast: room) == 0 { throw broken("the broker hung up") }
            } catch let error as KafkaError {
                throw error
            } catch {
                throw broken("\(error)")
            }
        }
    }

    private static func length(in bytes: RawSpan) -> UInt32 {
        UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8 | UInt32(bytes[3])
    }

    private func received(_ frame: ByteSlice) throws(KafkaError) {
        guard let pending = inFlight.first else {
            throw KafkaError(.malformedResponse, "an answer that nobody asked for", broker: broker)
        }
        let correlationID = Int32(bitPattern: Self.length(in: frame.span))
        guard correlationID == pending.correlationID else {
            throw KafkaError(
                .malformedResponse, "answer \(correlationID) came where \(pending.correlationID) was due",
                broker: broker, isRetriable: true)
        }
        _ = inFlight.popFirst()
        setWatchdog()
        pending.finish(pending.body(of: frame, broker: broker))
    }

    private func write(_ stream: ByteStream) async throws(KafkaError) {
        while !Task.isCancelled {
            if outgoing.isEmpty {
                await writable.pause()
                continue
            }
            let bytes = outgoing
            outgoing = []
            do {
                try await stream.write(bytes)
            } catch {
                throw broken("\(error)")
            }
        }
    }

    // MARK: Deadlines

    /// Watches the oldest request.
    private func setWatchdog() {
        guard let oldest = inFlight.first else { return }
        guard watchdog == nil else { return }
        watchdog = loop.schedule(at: oldest.deadline) { [weak self] in
            guard let self else { return }
            watchdog = nil
            watch()
        }
    }

    private func watch() {
        guard let oldest = inFlight.first else { return }
        guard oldest.deadline <= Deadline.now else { return setWatchdog() }
        let error = KafkaError(
            .timeout, "no answer within \(configuration.requestTimeout)", broker: broker,
            isRetriable: true)
        lastErrorOverride = error
        stream?.close()
    }
}
