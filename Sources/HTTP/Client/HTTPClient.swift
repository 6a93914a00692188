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
    let loop: EventLoop
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
        while true {
            let connection = try await take(until: deadline)
            let wasUsed = connection.wasUsed
            do throws(HTTPError) {
                let response = try await connection.exchange(request, isHead: method == .head, until: deadline)
                release(connection)
                return response
            } catch {
                discard(connection)
                // The server may have closed a silent connection in the moment in which it was used again.
                if wasUsed, connection.receivedNothing, error.code != .deadline, method.isIdempotent { continue }
                throw error
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
        writer.write(method.description)
        writer.writeByte(0x20)
        // What may not stand in a target would end the line, or be read as something else.
        for byte in target.utf8 { writer.writeByte(HTTPCharacters.isTarget(byte) ? byte : UInt8(ascii: "_")) }
        writer.write(literal: " HTTP/1.1\r\n")
        writer.write(hostHeader)
        for header in headers { writer.writeHeader(header) }
        guard let body else {
            writer.write(literal: "\r\n")
            return [writer.finish()]
        }
        writer.write(literal: "content-length: ")
        writer.writeDigits(body.count)
        writer.write(literal: "\r\n\r\n")
        if body.count <= 16_384 {
            writer.write(body)
            return [writer.finish()]
        }
        return [writer.finish(), body]
    }

    // MARK: The pool

    private func take(until deadline: Deadline) async throws(HTTPError) -> HTTPClientConnection {
        while true {
            if isClosed { throw HTTPError(.closed, "the client was closed", isUnsent: true) }
            while let connection = idle.popLast() {
                if connection.isUsable { return connection }
                connection.stream.close()
                open -= 1
            }
            if open < configuration.maxConnections { return try await connect(until: deadline) }
            do throws(TransportError) {
                try await released.wait(deadline: deadline)
            } catch {
                throw HTTPError(
                    error.code == .deadline ? .deadline : .connection, "no connection was free in time", isUnsent: true)
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
            throw HTTPError(error.code == .deadline ? .deadline : .connection, "\(error)", isUnsent: true)
        }
    }

    private func release(_ connection: HTTPClientConnection) {
        guard connection.isUsable, !isClosed else { return discard(connection) }
        connection.rest()
        idle.append(connection)
        released.signalOne()
    }

    private func discard(_ connection: HTTPClientConnection) {
        connection.stream.close()
        open -= 1
        released.signalOne()
    }
}

extension HTTPMethod {
    /// Whether sending it twice is as good as once (RFC 9110, section 9.2.2).
    var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options: true
        case .post, .patch, .other: false
        }
    }
}
