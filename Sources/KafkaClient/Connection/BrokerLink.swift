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
        /// There will be no connection any more.
        case ended(ConnectionEnd)
    }

    /// What its owner is told.
    enum Event {
        /// Requests can be sent.
        case ready
        /// The connection broke, or could not be made.
        case down(KafkaError)
    }

    let endpoint: Endpoint
    /// The endpoint, for people.
    let broker: String
    let loop: EventLoop
    let configuration: KafkaConfiguration
    let logger = Logger(label: "kafka.connection")

    var state = State.idle
    var isReady: Bool { if case .ready = state { true } else { false } }
    var isConnecting: Bool { if case .connecting = state { true } else { false } }
    /// Why there will be no connection any more; nil while there may be.
    var end: ConnectionEnd? { if case .ended(let end) = state { end } else { nil } }
    /// What the broker speaks.
    var versions = APIVersions()
    /// Why the last connection broke, or could not be made.
    var lastError: KafkaError?
    /// When the broker last answered anything.
    var lastHeard = Deadline.distantPast

    /// Called with what happens.
    var onEvent: (Event) -> Void = { _ in }

    var stream: ByteStream?
    var outgoing: [ByteSlice] = []
    private var inFlight = Fifo<PendingRequest>()
    private var nextCorrelationID: Int32 = 0
    private var watchdog: (timer: LoopTimer, time: Deadline)?
    var attempts: Attempts
    /// Whether somebody asked for the connection since the last one broke.
    var isDemanded = false
    /// Why this side broke the connection: better than what the reader, which that surprises, can say.
    var breakReason: KafkaError?

    /// Announces that the connection is there, or could not be made, or never will be.
    let outcome: LoopSignal
    /// Announces that somebody wants the link, or that it has ended.
    let demand: LoopSignal
    /// Announces that there is something to write.
    let writable: LoopSignal

    init(to endpoint: Endpoint, on loop: EventLoop, _ configuration: KafkaConfiguration) {
        self.endpoint = endpoint
        broker = endpoint.description
        self.loop = loop
        self.configuration = configuration
        attempts = Attempts(configuration.reconnectBackoff)
        demand = LoopSignal(on: loop)
        writable = LoopSignal(on: loop)
        outcome = LoopSignal(on: loop)
    }

    // MARK: Requests

    /// Asks for a connection; `onEvent` tells when there is one.
    func wake() {
        switch state {
        case .ready, .ended: return
        case .connecting: isDemanded = true
        case .idle:
            isDemanded = true
            state = .connecting
            demand.signal()
        }
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

    /// Sends a request and waits for its answer, and for the connection before that: each for as long as `timeout`.
    func call<Request: KafkaRequest>(
        _ request: Request, limit: Int16 = .max, timeout: Duration? = nil
    ) async throws(KafkaError) -> Request.Response {
        try await connected(within: timeout ?? configuration.requestTimeout)
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
        guard stream != nil else {
            throw end?.error(broker: broker) ?? lastError ?? broken("the connection is not there")
        }
        let correlationID = nextCorrelationID
        nextCorrelationID = nextCorrelationID &+ 1
        let frame: [ByteSlice]
        do {
            frame = try request.frame(
                version: version, correlationID: correlationID, clientID: configuration.clientID)
        } catch {
            throw KafkaError(.configuration, "the request cannot be written: \(error)", broker: broker)
        }
        let timeout = timeout ?? configuration.requestTimeout
        let pending = PendingRequest(
            correlationID: correlationID, apiKey: Request.apiKey, version: version, timeout: timeout,
            complete: complete)
        inFlight.append(pending)
        outgoing.append(contentsOf: frame)
        writable.signal()
        setWatchdog()
        return pending
    }

    /// Waits until requests can be sent.
    func connected(within timeout: Duration) async throws(KafkaError) {
        if isReady { return }
        if let end { throw end.error(broker: broker) }
        wake()
        switch await outcome.waitEnd(until: .after(timeout)) {
        case .signalled:
            if isReady { return }
            throw end?.error(broker: broker) ?? lastError ?? broken("no connection")
        case .deadline:
            throw KafkaError(.timeout, "no connection within \(timeout)", broker: broker, isRetriable: true)
        case .cancelled: throw .cancelled
        case .closed: throw .loopEnded
        }
    }

    func broken(_ message: String) -> KafkaError {
        KafkaError(.connection, message, broker: broker, isRetriable: true)
    }

    // MARK: Answers

    /// Gives an answer's frame to the request that it belongs to.
    func received(_ frame: ByteSlice, correlationID: Int32) throws(KafkaError) {
        lastHeard = loop.roundStart
        guard let pending = inFlight.first else {
            throw KafkaError(
                .malformedResponse, "an answer that nobody asked for", broker: broker, isRetriable: true)
        }
        guard correlationID == pending.correlationID else {
            throw KafkaError(
                .malformedResponse, "answer \(correlationID) came where \(pending.correlationID) was due",
                broker: broker, isRetriable: true)
        }
        _ = inFlight.popFirst()
        setWatchdog()
        pending.finish(pending.body(of: frame, broker: broker))
    }

    /// Fails what waits for an answer, and tells those who wait for the connection to look.
    func abandon(_ error: KafkaError) {
        watchdog?.timer.cancel()
        watchdog = nil
        outgoing = []
        var pending: [PendingRequest] = []
        while let request = inFlight.popFirst() { pending.append(request) }
        for request in pending { request.finish(.failure(error)) }
        outcome.signal()
    }

    /// Watches the oldest request. A timer that fires too early looks again, one that would fire too late is replaced.
    private func setWatchdog() {
        guard let oldest = inFlight.first else { return }
        if let watchdog {
            guard oldest.deadline < watchdog.time else { return }
            watchdog.timer.cancel()
        }
        let timer = loop.schedule(at: oldest.deadline) { [weak self] in
            guard let self else { return }
            watchdog = nil
            watch()
        }
        watchdog = (timer, oldest.deadline)
    }

    private func watch() {
        guard let oldest = inFlight.first else { return }
        guard oldest.deadline <= Deadline.now else { return setWatchdog() }
        breakReason = KafkaError(
            .timeout, "no answer to \(oldest.apiKey) within \(oldest.timeout)", broker: broker, isRetriable: true)
        stream?.close()
    }
}
