public import Bytes
public import Transport

/// A client of one HTTP/1.1 server, with connections that are used again. It lives on one loop, and is used by tasks
/// that run there: requests never cross threads.
///
/// A request whose connection turns out to be closed before anything of the response came is sent again on another one,
/// where the method is idempotent (RFC 9110, section 9.2.2); else the error tells whether it was sent.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the loop's thread alone, which every
///   call checks.
public final class HTTPClient: @unchecked Sendable {
    /// Where the server is.
    public let endpoint: Endpoint

    let configuration: HTTPClientConfiguration
    /// The loop that it lives on.
    public let loop: EventLoop
    private let hostHeader: ByteSlice
    private var idle: [HTTPClientConnection] = []
    private var open = 0
    private let released: LoopSignal
    private var isClosed = false

    /// Makes a client; connections are made when they are needed.
    ///
    /// - Parameters:
    ///   - endpoint: Where the server is.
    ///   - host: What the server is called in requests; the endpoint's host and port where it is not given.
    public init(
        _ endpoint: Endpoint, host: String? = nil, configuration: HTTPClientConfiguration = .init(), on loop: EventLoop
    ) {
        self.endpoint = endpoint
        self.configuration = configuration
        self.loop = loop
        released = LoopSignal(on: loop)
        var lines = ByteWriter()
        lines.writeHeader(HTTPHeader("host", host ?? HTTPClient.hostName(endpoint)))
        for header in configuration.requestHeaders { lines.writeHeader(header) }
        hostHeader = lines.finish()
    }

    private static func hostName(_ endpoint: Endpoint) -> String {
        switch endpoint {
        case .unix: "localhost"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// How many connections are open.
    public var connectionCount: Int { open }

    /// Sends a request and collects its response.
    ///
    /// - Parameters:
    ///   - target: The path and query, percent-encoded.
    ///   - body: The request's body; nil for none.
    ///   - deadline: Until when all of it must be done; `requestTimeout` from now where it is not given.
    /// - Throws: `HTTPError`: `.deadline`, `.connection`, `.closed`, `.malformedResponse`, `.limit`; `isUnsent` tells
    ///   whether the server certainly did not handle the request.
    public func send(
        _ method: HTTPMethod, _ target: String, headers: [HTTPHeader] = [], body: ByteSlice? = nil,
        deadline: Deadline? = nil
    ) async throws(HTTPError) -> HTTPClientResponse {
        loop.preconditionCurrent()
        let deadline = deadline ?? .after(configuration.requestTimeout)
        let request = encode(method, target, headers, body)
        var mustBeNew = false
        while true {
            let connection = try await take(until: deadline, new: mustBeNew)
            let wasUsed = connection.wasUsed
            do throws(HTTPError) {
                let response = try await connection.exchange(request, isHead: method == .head, until: deadline)
                release(connection)
                return response
            } catch {
                discard(connection)
                // The server may have closed a silent connection in the moment in which it was used again.
                let isStale =
                    wasUsed && connection.receivedNothing && (error.code == .closed || error.code == .connection)
                guard isStale, method.isIdempotent else { throw error }
                // All of them may be: the second attempt is one that cannot.
                mustBeNew = true
            }
        }
    }

    /// Closes the idle connections, and each other one when its response is there. Requests fail from now on.
    public func close() {
        loop.preconditionCurrent()
        isClosed = true
        for connection in idle { connection.stream.close() }
        open -= idle.count
        idle = []
        released.signal()
    }

    private func encode(
        _ method: HTTPMethod, _ target: String, _ headers: [HTTPHeader], _ body: ByteSlice?
    ) -> [ByteSlice] {
        var writer = ByteWriter(capacity: 256 + (body.map { $0.count <= 16_384 ? $0.count : 0 } ?? 0))
        for byte in method.description.utf8 {
            writer.writeByte(HTTPCharacters.isToken(byte) ? byte : UInt8(ascii: "_"))
        }
        writer.writeByte(0x20)
        // What may not stand in a target would end the line, or be read as something else.
        for byte in target.utf8 { writer.writeByte(HTTPCharacters.isTarget(byte) ? byte : UInt8(ascii: "_")) }
        writer.write(literal: " HTTP/1.1\r\n")
        writer.write(hostHeader)
        for header in headers { writer.writeHeader(header) }
        guard let body else {
            // A method that hands something over says so where there is nothing (RFC 9110, section 8.6).
            writer.write(literal: method.hasContent ? "content-length: 0\r\n\r\n" : "\r\n")
            return [writer.finish()]
        }
        writer.write(literal: "content-length: ")
        writer.writeDecimal(body.count)
        writer.write(literal: "\r\n\r\n")
        if body.count <= 16_384 {
            writer.write(body)
            return [writer.finish()]
        }
        return [writer.finish(), body]
    }

    // MARK: The pool

    private func take(until deadline: Deadline, new mustBeNew: Bool) async throws(HTTPError) -> HTTPClientConnection {
        while true {
            if isClosed { throw HTTPError(.closed, "the client was closed", isUnsent: true) }
            while let connection = idle.popLast() {
                if connection.isUsable, !mustBeNew { return connection }
                connection.stream.close()
                open -= 1
            }
            if open < configuration.maxConnections { return try await connect(until: deadline) }
            do throws(TransportError) {
                try await released.wait(deadline: deadline)
            } catch {
                throw HTTPError(HTTPError.Code(error), "no connection was free in time", isUnsent: true)
            }
        }
    }

    private func connect(until deadline: Deadline) async throws(HTTPError) -> HTTPClientConnection {
        open += 1
        do throws(TransportError) {
            var options = configuration.connect
            options.connectTimeout = min(options.connectTimeout, deadline.remaining)
            let stream = try await ByteStream.connect(to: endpoint, options: options, on: loop)
            return HTTPClientConnection(stream, configuration)
        } catch {
            open -= 1
            released.signalOne()
            throw HTTPError(HTTPError.Code(error), "\(error)", isUnsent: true)
        }
    }

    private func release(_ connection: HTTPClientConnection) {
        guard connection.isUsable, !isClosed else { return discard(connection) }
        connection.rest()
        // The one used last is used first, so those in front may wait for ever.
        while let first = idle.first, first.isExpired {
            idle.removeFirst()
            first.stream.close()
            open -= 1
        }
        idle.append(connection)
        released.signalOne()
    }

    private func discard(_ connection: HTTPClientConnection) {
        connection.stream.close()
        open -= 1
        released.signalOne()
    }
}

extension HTTPError.Code {
    /// What a connection's failure is to a request.
    init(_ error: TransportError) {
        switch error.code {
        case .deadline: self = .deadline
        case .cancelled: self = .cancelled
        default: self = .connection
        }
    }
}

extension HTTPMethod {
    /// Whether a request of it has a body, be it an empty one.
    var hasContent: Bool {
        switch self {
        case .post, .put, .patch: true
        case .get, .head, .delete, .options, .other: false
        }
    }

    /// Whether sending it twice is as good as once (RFC 9110, section 9.2.2).
    var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options: true
        case .post, .patch, .other: false
        }
    }
}
