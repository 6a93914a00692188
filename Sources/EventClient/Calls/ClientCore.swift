import Bytes
import Compression
import FoundationEssentials
import HTTP
import Transport

/// What a client does on its loop: it sends calls, waits between attempts, and reads answers. `RetryState` decides.
final class ClientCore {
    let configuration: EventClientConfiguration
    let loop: EventLoop
    private let http: HTTPClient
    private let base: String
    private let headers: [HTTPHeader]
    private let compressor: GzipCompressor?
    private let decompressor: GzipDecompressor
    private var random = SystemRandomNumberGenerator()
    private(set) var isClosed = false

    init(_ configuration: EventClientConfiguration, on loop: EventLoop) throws(EventClientError) {
        try configuration.check()
        let url = try BaseURL(configuration.baseURL)
        self.configuration = configuration
        self.loop = loop
        base = url.path
        do throws(CompressionError) {
            // The quickest level: what it saves beyond costs more time than the network takes.
            compressor = configuration.gzipThreshold == nil ? nil : try GzipCompressor(level: 1)
            decompressor = try GzipDecompressor()
        } catch {
            throw EventClientError(.configuration, "zlib cannot be used: \(error.message)")
        }
        var client = HTTPClientConfiguration()
        client.maxConnections = configuration.maximumConnections
        client.limits.body = configuration.maximumAnswerBytes
        if url.isSecure {
            do throws(TransportError) {
                if let tls = configuration.tls { client.connect.tls = tls } else { client.connect.tls = try .client() }
            } catch {
                throw EventClientError(.configuration, "TLS cannot be used: \(error)", field: "tls")
            }
        } else if configuration.tls != nil {
            throw EventClientError(
                .configuration, "tls is given, but baseURL does not begin with https://", field: "tls")
        }
        var headers = [HTTPHeader("accept-encoding", "gzip"), HTTPHeader("user-agent", "event-client-swift")]
        if let key = configuration.apiKey { headers.append(HTTPHeader("authorization", "Bearer \(key)")) }
        self.headers = headers
        http = HTTPClient(url.endpoint, host: url.authority, configuration: client, on: loop)
    }

    func close() {
        isClosed = true
        http.close()
    }

    /// Makes a call with all its attempts, and reads what it comes to.
    ///
    /// - Parameters:
    ///   - limit: How long all of it may take; the configuration's deadline where it is nil.
    ///   - backoff: The waits between attempts; the configuration's where it is nil.
    func perform<Value>(
        _ call: Call, within limit: Duration? = nil, backoff: Backoff? = nil,
        read: (Answer) throws(EventClientError) -> Value
    ) async throws(EventClientError) -> Value {
        let body = try encode(call)
        let start = Deadline.now
        let limit = limit ?? configuration.deadline
        let deadline = start.advanced(by: limit)
        var retry = RetryState(
            limit: limit, backoff: backoff ?? configuration.backoff, mayOvertake: call.mayOvertake)
        while true {
            let failure: RetryState.Failure
            do throws(EventClientError) {
                switch try await attempt(call, body, until: deadline) {
                case .answer(let answer): return try read(answer)
                case .failure(let reason): failure = reason
                }
            } catch {
                failure = RetryState.Failure(error: error)
            }
            if isClosed { throw failure.error.afterClose }
            switch retry.failed(failure, elapsed: start.duration(to: .now), using: &random) {
            case .giveUp(let error): throw error
            case .retry(let wait): try await sleep(wait, failure.error)
            }
        }
    }

    private func sleep(_ wait: Duration, _ last: EventClientError) async throws(EventClientError) {
        do throws(CancellationError) {
            try await loop.sleep(for: wait)
        } catch {
            if isClosed { throw last.afterClose }
            var cancelled = EventClientError(.cancelled, "the task was cancelled; before that: \(last.message)")
            cancelled.isOutcomeUnknown = last.isOutcomeUnknown
            throw cancelled
        }
        if isClosed { throw last.afterClose }
    }

    /// An encoded body, and the headers that go with it.
    private struct Body {
        var bytes: ByteSlice?
        var headers: [HTTPHeader]
    }

    private func encode(_ call: Call) throws(EventClientError) -> Body {
        guard let body = call.body else { return Body(bytes: nil, headers: headers) }
        let headers = headers + [HTTPHeader("content-type", call.contentType)]
        guard let compressor, let threshold = configuration.gzipThreshold, body.count >= threshold else {
            return Body(bytes: body, headers: headers)
        }
        var writer = ByteWriter(capacity: body.count / 2)
        do throws(CompressionError) {
            try compressor.compress(body.span, into: &writer)
        } catch {
            throw EventClientError(.tooLarge, "the body cannot be compressed: \(error.message)")
        }
        guard writer.count < body.count else { return Body(bytes: body, headers: headers) }
        return Body(bytes: writer.finish(), headers: headers + [HTTPHeader("content-encoding", "gzip")])
    }

    private enum Outcome {
        case answer(Answer)
        case failure(RetryState.Failure)
    }

    private func attempt(
        _ call: Call, _ body: Body, until deadline: Deadline
    ) async throws(EventClientError) -> Outcome {
        if isClosed { throw EventClientError(.closed, "the client is closed") }
        let response: HTTPClientResponse
        do throws(HTTPError) {
            response = try await http.send(
                call.method, base + call.target, headers: body.headers, body: body.bytes,
                deadline: min(deadline, .after(configuration.attemptTimeout)))
        } catch {
            return .failure(RetryState.Failure(error))
        }
        var answer = Answer(status: response.status.code, body: .empty)
        answer.requestID = response.head.headers.first("x-request-id").flatMap { $0.utf8 }
        answer.retryAfter = response.head.headers.first("retry-after").flatMap { $0.utf8 }
            .flatMap { RetryAfter.duration($0, now: Date()) }
        answer.body = try decode(response, answer)
        return call.statuses.contains(answer.status) ? .answer(answer) : .failure(answer.failure)
    }

    private func decode(_ response: HTTPClientResponse, _ answer: Answer) throws(EventClientError) -> ByteSlice {
        guard let coding = response.head.headers.first("content-encoding")?.utf8?.lowercased(), coding != "identity",
            !response.body.isEmpty
        else { return response.body }
        guard coding == "gzip" || coding == "x-gzip" else { throw answer.damaged("it is encoded as \(coding)") }
        var writer = ByteWriter(capacity: response.body.count * 2)
        do throws(CompressionError) {
            try decompressor.decompress(response.body.span, into: &writer, limit: configuration.maximumAnswerBytes)
        } catch {
            guard error.code == .limit else { throw answer.damaged(error.message) }
            var error = EventClientError(
                .unexpectedAnswer, "the answer is larger than \(configuration.maximumAnswerBytes) bytes")
            error.status = answer.status
            error.requestID = answer.requestID
            throw error
        }
        return writer.finish()
    }
}

extension EventClientError {
    /// The same failure, of a client that was closed meanwhile.
    fileprivate var afterClose: EventClientError {
        guard code != .cancelled else { return self }
        var error = EventClientError(.closed, "the client was closed; before that: \(message)")
        error.isOutcomeUnknown = isOutcomeUnknown
        return error
    }
}
