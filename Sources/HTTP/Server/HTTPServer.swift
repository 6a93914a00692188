import Bytes
public import Transport

/// An HTTP/1.1 server: one listening socket a loop, one task a connection, one responder a loop.
public final class HTTPServer: Sendable {
    private let listener: Listener
    private let group: EventLoopGroup
    private let configuration: HTTPServerConfiguration
    private let contexts = LoopContexts()

    private init(_ listener: Listener, _ group: EventLoopGroup, _ configuration: HTTPServerConfiguration) {
        self.listener = listener
        self.group = group
        self.configuration = configuration
    }

    /// Listens at `endpoint`; connections wait until `run` serves them.
    ///
    /// - Throws: `TransportError` where the address cannot be listened on.
    public static func bind(
        to endpoint: Endpoint, configuration: HTTPServerConfiguration = .init(), on group: EventLoopGroup
    ) throws(TransportError) -> HTTPServer {
        var options = configuration.listen
        // Where TLS is spoken it could not be read.
        if options.refusal.isEmpty, options.tls == nil { options.refusal = tooManyConnections(configuration) }
        let listener = try Listener.bind(to: endpoint, options: options, on: group)
        return HTTPServer(listener, group, configuration)
    }

    /// What a connection beyond the limit gets to read.
    private static func tooManyConnections(_ configuration: HTTPServerConfiguration) -> ByteSlice {
        let error = HTTPError(.serviceUnavailable, "too many connections", headers: [HTTPHeader("retry-after", "1")])
        let response = configuration.refusal(error)
        var writer = ByteWriter()
        let form = HTTPResponseForm(version: .http11, isHead: false, keepsAlive: false)
        var common = ByteWriter()
        for header in configuration.responseHeaders { common.writeHeader(header) }
        _ = HTTPResponseEncoder.writeHead(response, form, common: common.finish(), into: &writer)
        if case .bytes(let body) = response.body { writer.write(body) }
        return writer.finish()
    }

    /// Where it listens, with the port that the system chose where 0 was asked for.
    public var localEndpoint: Endpoint { listener.localEndpoint }

    /// How many connections are open.
    public var connectionCount: Int { listener.connectionCount }

    /// Serves until `stop()`, then until the last request was answered or `drainTimeout` is over. Cancellation cuts
    /// everything at once.
    ///
    /// - Parameter makeResponder: Called once for each loop, there.
    /// - Throws: What `makeResponder` throws; `TransportError` where a loop has ended.
    public func run(_ makeResponder: @escaping @Sendable (EventLoop) async throws -> any HTTPResponder) async throws {
        let configuration = configuration
        var bound: [LoopBound<LoopContext>] = []
        for loop in group.loops {
            bound.append(
                try await loop.run {
                    LoopBound(LoopContext(configuration, try await makeResponder(loop), on: loop), on: loop)
                })
        }
        let all = bound
        contexts.set(all)
        try await listener.run { stream in
            // A loop's index is its place in its group.
            await HTTPConnection(stream, all[stream.loop.index].value).run()
        }
    }

    /// Takes no new connections, closes those that wait for a request, and lets the others answer theirs.
    public func stop() {
        listener.stop()
        contexts.drain()
    }
}
