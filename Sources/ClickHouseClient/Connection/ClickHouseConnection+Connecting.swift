import Bytes
import ClickHouseProtocol
public import Transport

extension ClickHouseConnection {
    /// Connects to the first server of the configuration that answers, and says hello.
    ///
    /// - Throws: `ClickHouseError`: `.connect`, also where a server took longer than it may; `.otherProtocol` where it
    ///   speaks another one; the server's own error, such as AUTHENTICATION_FAILED; `.deadline` where `deadline` passed.
    public static func connect(
        _ configuration: ClickHouseConfiguration, on loop: EventLoop, deadline: Deadline = .never
    ) async throws(ClickHouseError) -> ClickHouseConnection {
        var failure: ClickHouseError?
        for (place, endpoint) in configuration.endpoints.enumerated() {
            let time = EndpointHealth.time(
                left: configuration.endpoints.count - place, patience: deadline.remaining,
                limit: configuration.connect.connectTimeout)
            do throws(ClickHouseError) {
                return try await connect(to: endpoint, configuration, within: time, on: loop, deadline: deadline)
            } catch {
                if error.code == .cancelled || deadline.hasPassed { throw error }
                failure = error
            }
        }
        throw failure ?? ClickHouseError(.connect, "there is no server to connect to")
    }

    /// Connects to one server.
    static func connect(
        to endpoint: Endpoint, _ configuration: ClickHouseConfiguration, within time: Duration, on loop: EventLoop,
        deadline: Deadline = .never
    ) async throws(ClickHouseError) -> ClickHouseConnection {
        var options = configuration.connect
        options.connectTimeout = min(time, deadline.remaining)
        let limit = min(deadline, .after(time))
        var stage = "the server did not answer"
        var stream: ByteStream?
        do {
            let connected = try await ByteStream.connect(to: endpoint, options: options, on: loop)
            stream = connected
            stage = "the server took the connection, but did not say hello"
            return try await shakeHands(connected, configuration, deadline: limit)
        } catch {
            stream?.close()
            var failure = failure(error)
            // The time for connecting is the server's, the deadline is the caller's.
            if failure.code == .deadline {
                failure.message = "\(stage) within \(Silence.spoken(time))"
                if deadline.hasPassed { failure.message = "\(stage) in time" } else { failure.code = .connect }
            }
            failure.endpoint = endpoint
            throw failure
        }
    }

    private static func failure(_ error: any Error) -> ClickHouseError {
        switch error {
        case let error as ClickHouseError: error
        case let error as TransportError: ClickHouseError(error, connecting: true)
        case let error as ClickHouseProtocolError: ClickHouseError(error)
        default: ClickHouseError(.connect, "\(error)", isRetriable: true)
        }
    }

    private static func shakeHands(
        _ stream: ByteStream, _ configuration: ClickHouseConfiguration, deadline: Deadline
    ) async throws -> ClickHouseConnection {
        var hello = ClientHello()
        hello.clientName = configuration.clientName
        hello.revision = configuration.revision
        hello.database = configuration.database
        hello.user = configuration.user
        hello.password = configuration.password
        var writer = ByteWriter()
        hello.encode(into: &writer)
        try await stream.write(writer.finish(), deadline: deadline)

        let buffer = ReceiveBuffer(capacity: 4096)
        var decoder = ServerPacketDecoder(offered: configuration.revision, limits: configuration.limits)
        var server: ServerHello?
        while server == nil {
            switch OtherProtocol.judge(buffer.span) {
            case .native: break
            case .needsMore:
                guard try await stream.read(into: buffer, deadline: deadline) > 0 else {
                    throw ClickHouseError(OtherProtocol.unknown(buffer.takeSlice(buffer.count).array))
                }
                continue
            case .other(let other): throw ClickHouseError(other)
            }
            switch try decoder.next(from: buffer) {
            case .packet(.hello(let hello)): server = hello
            case .packet(.exception(let exception)): throw ClickHouseError(exception)
            case .packet:
                throw ClickHouseError(.protocolViolation, "the server did not answer a hello with its own")
            case .needs:
                guard try await stream.read(into: buffer, deadline: deadline) > 0 else {
                    throw ClickHouseError(
                        .connect,
                        "the server closed the connection instead of saying hello: it may be starting, or this is not "
                            + "ClickHouse's native port (usually 9000, with TLS 9440)",
                        isRetriable: true)
                }
            }
        }
        guard let server else { throw ClickHouseError(.connect, "no hello") }

        var addendum = ClientAddendum()
        addendum.quotaKey = configuration.quotaKey
        addendum.sendsChunked = server.receives.usesChunks
        addendum.receivesChunked = server.sends.usesChunks
        var answer = ByteWriter()
        addendum.encode(into: &answer, revision: decoder.revision)
        if !answer.isEmpty { try await stream.write(answer.finish(), deadline: deadline) }
        if addendum.receivesChunked { decoder.beginChunks() }
        return ClickHouseConnection(
            stream: stream, server: server, decoder: decoder, buffer: buffer, sendsChunked: addendum.sendsChunked,
            configuration: configuration)
    }
}
