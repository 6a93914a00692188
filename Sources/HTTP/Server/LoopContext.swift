import Bytes
import Telemetry
import Transport

/// What the connections of one loop share. Made and used on the loop alone.
final class LoopContext {
    let configuration: HTTPServerConfiguration
    let responder: any HTTPResponder
    private let loop: EventLoop
    let log = Logger(label: "http.server")

    /// Whether the server is stopping: responses then close their connections.
    private(set) var isDraining = false

    /// The header lines of every response, the date among them; as old as the last `refresh()`.
    private(set) var commonHeaders = ByteSlice.empty

    /// When waits that begin now must end; as old as the last `refresh()`.
    private(set) var deadlines: Deadlines

    /// Deadlines that begin at one moment.
    struct Deadlines {
        let firstByte: Deadline
        let head: Deadline
        let body: Deadline
        let bodyWait: Deadline
        let idle: Deadline
        let write: Deadline
        let next: Deadline

        /// How long they are used.
        private static let step = Duration.milliseconds(10)

        init(_ configuration: HTTPServerConfiguration, from now: Deadline) {
            next = now.advanced(by: Deadlines.step)
            firstByte = next.advanced(by: configuration.firstByteTimeout)
            head = next.advanced(by: configuration.headTimeout)
            body = next.advanced(by: configuration.bodyTimeout)
            bodyWait = next.advanced(by: configuration.largeBodyWait)
            idle = next.advanced(by: configuration.idleTimeout)
            write = next.advanced(by: configuration.writeTimeout)
        }
    }

    private var failures = FailureLog()

    /// Bytes of small bodies that are being collected.
    var bodyBytes = 0

    /// What large bodies take.
    let largeBodies: LargeBodies

    /// Bytes of large response bodies that are being written.
    var responseBytes = 0

    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private let ownHeaders: ByteSlice
    private var dateSecond: Int64 = -1

    init(_ configuration: HTTPServerConfiguration, _ responder: any HTTPResponder, on loop: EventLoop) {
        self.configuration = configuration
        self.responder = responder
        self.loop = loop
        largeBodies = LargeBodies(limit: configuration.largeBodyMemory, on: loop)
        var lines = ByteWriter()
        for header in configuration.responseHeaders { lines.writeHeader(header) }
        ownHeaders = lines.finish()
        deadlines = Deadlines(configuration, from: .now)
        writeCommonHeaders()
    }

    /// Brings date and deadlines up to the loop's round: next to nothing but a hundred times a second.
    @inline(__always)
    func refresh() {
        let now = loop.roundStart
        if now >= deadlines.next { refresh(now) }
    }

    @inline(never)
    private func refresh(_ now: Deadline) {
        deadlines = Deadlines(configuration, from: now)
        writeCommonHeaders()
    }

    // MARK: Content coding

    private var spareEncoder: (any HTTPContentEncoder)?

    /// An encoder for a body, at its beginning; nil where there is none.
    func borrowEncoder() -> (any HTTPContentEncoder)? {
        guard let encoder = spareEncoder.take() ?? configuration.contentCoding?.makeEncoder() else { return nil }
        encoder.begin()
        return encoder
    }

    /// One is kept for the next body; its memory is not small.
    func giveBack(_ encoder: any HTTPContentEncoder) { spareEncoder = encoder }

    // MARK: Observers

    /// Tells the observers of a request; gives the time, where any wants to know.
    @inline(__always)
    func begin() -> Deadline {
        if configuration.observers.isEmpty { return .never }
        for observer in configuration.observers { observer.began() }
        return .now
    }

    /// Tells the observers what came of it.
    @inline(__always)
    func end(_ request: HTTPRequestHead?, _ status: HTTPStatus, since start: Deadline) {
        if configuration.observers.isEmpty { return }
        let exchange = HTTPExchange(request: request, status: status, duration: start.duration(to: .now))
        for observer in configuration.observers { observer.ended(exchange) }
    }

    /// Tells the log of a request that was not answered as it should be; gives the name that it has there.
    @discardableResult
    func report(_ outcome: FailureLog.Outcome, of request: HTTPRequestHead?, _ reason: String) -> String {
        let id = request?.clientID ?? request?.trace?.traceText ?? TraceContext().traceText
        let now = WallClock.milliseconds
        if let line = failures.line(for: request, id: id, outcome, reason, at: now) {
            log.log(line.level, line.message, metadata: line.metadata)
        }
        return id
    }

    private func writeCommonHeaders() {
        let second = WallClock.milliseconds / 1000
        guard second != dateSecond else { return }
        dateSecond = second
        var lines = ByteWriter(capacity: 64 + ownHeaders.count)
        lines.write(literal: "date: ")
        HTTPDate.write(second, into: &lines)
        lines.write(literal: "\r\n")
        lines.write(ownHeaders)
        commonHeaders = lines.finish()
    }

    func insert(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = connection }

    func remove(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// Closes the connections that wait for a request, lets the others answer theirs, and cuts what is left in time.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        for connection in connections.values where connection.isIdle { connection.stream.close() }
        loop.schedule(at: .after(configuration.drainTimeout)) {
            self.largeBodies.close()
            for connection in self.connections.values { connection.stream.close() }
        }
    }
}
