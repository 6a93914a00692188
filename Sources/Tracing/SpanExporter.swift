import Bytes
import HTTP
public import Telemetry
public import Transport

/// Sends finished spans to an OpenTelemetry collector (OTLP over HTTP, JSON): in batches, about once a second. Nothing of the
/// program waits for it, and what a collector that is away cannot take is dropped once the queue is full.
public struct SpanExporter: Sendable {
    /// Where the collector is.
    public struct Target: Sendable, Hashable {
        /// The collector's address.
        public var endpoint: Endpoint
        /// The path of traces, `/v1/traces` as a rule.
        public var path: String

        /// Reads `OTEL_EXPORTER_OTLP_ENDPOINT`: `http://host:port`, with a path in front of `/v1/traces` where there is one.
        ///
        /// - Throws: `TransportError` where it is no such address.
        public init(parsing text: String) throws(TransportError) {
            let scheme = "http://"
            guard text.hasPrefix(scheme) else {
                throw TransportError(.resolve, "must begin with http://, not '\(text)'")
            }
            let rest = text.dropFirst(scheme.count)
            let host = rest.prefix { $0 != "/" }
            var path = rest.dropFirst(host.count)
            while path.hasSuffix("/") { path = path.dropLast() }
            endpoint = try Endpoint.parse(String(host), defaultPort: 4318)
            self.path = path + "/v1/traces"
        }
    }

    private let target: Target
    private let queue: SpanQueue
    private let service: String
    private let version: String
    private let log = Logger(label: "traces")

    /// How many spans go in one request.
    private static let batch = 512
    private static let interval = Duration.seconds(1)
    /// How long the last spans may take when the program ends.
    private static let patience = Duration.seconds(2)

    /// Makes an exporter; nothing is sent before `run`.
    public init(to target: Target, of queue: SpanQueue, service: String, version: String) {
        self.target = target
        self.queue = queue
        self.service = service
        self.version = version
    }

    /// Sends spans until the task is cancelled, and then those that are left.
    public func run(on loop: EventLoop) async {
        // Only what the body throws is thrown, and the loop's end.
        try? await loop.run {
            var configuration = HTTPClientConfiguration()
            configuration.maxConnections = 1
            configuration.requestTimeout = .seconds(10)
            let client = HTTPClient(self.target.endpoint, configuration: configuration, on: loop)
            defer { client.close() }
            var attempts = Attempts(Backoff(first: .seconds(1), limit: .seconds(30)))
            var isAway = false
            while !Task.isCancelled {
                var pause = Self.interval
                do throws(HTTPError) {
                    while try await self.send(by: client, until: nil) {}
                    attempts.succeeded()
                    if isAway { self.log.info("spans are exported again") }
                    isAway = false
                } catch {
                    pause = attempts.failed()
                    if !isAway { self.log.warning("spans were not exported", metadata: [.error: "\(error)"]) }
                    isAway = true
                }
                do { try await loop.sleep(for: pause) } catch { break }
            }
            // Not in the cancelled task, whose requests would fail.
            await Task {
                let deadline = Deadline.after(Self.patience)
                do throws(HTTPError) {
                    while try await self.send(by: client, until: deadline) {}
                } catch {
                    self.log.debug("the last spans were not exported", metadata: [.error: "\(error)"])
                }
            }.value
        }
    }

    /// Sends the oldest spans; whether there may be more. What the collector does not take is not sent again: it may have
    /// some of it.
    private func send(by client: HTTPClient, until deadline: Deadline?) async throws(HTTPError) -> Bool {
        let (spans, dropped) = queue.take(upTo: Self.batch)
        if dropped > 0 { log.warning("spans were dropped: there was no room", metadata: [.count: dropped]) }
        guard !spans.isEmpty else { return false }
        let response = try await client.send(
            .post, target.path, headers: [HTTPHeader("content-type", "application/json")],
            body: SpanDocument.json(spans, service: service, version: version), deadline: deadline)
        guard (200..<300).contains(response.status.code) else {
            throw HTTPError(.refused, "the collector answered \(response.status.code)")
        }
        return spans.count == Self.batch
    }
}
