import Bytes
import ClickHouseProtocol
public import Transport

extension ClickHouseConnection {
    /// Connects to the first server of the configuration that answers, and says hello.
    ///
    /// - Throws: `ClickHouseError`: `.connect`, or the server's own error, such as AUTHENTICATION_FAILED.
    public static func connect(
        _ configuration: ClickHouseConfiguration, on loop: EventLoop, deadline: Deadline = .never
    ) async throws(ClickHouseError) -> ClickHouseConnection {
        var failure: ClickHouseError?
        for endpoint in configuration.endpoints {
            do throws(ClickHouseError) {
                return try await connect(to: endpoint, configuration, on: loop, deadline: deadline)
            } catch {
                if error.code == .cancelled || deadline.hasPassed { throw error }
                failure = error
            }
        }
        throw failure ?? ClickHouseError(.connect, "there is no server to connect to")
    }

    private static func connect(
        to endpoint: Endpoint, _ configuration: ClickHouseConfiguration, on loop: EventLoop, deadline: Deadline
    ) async throws(ClickHouseError) -> ClickHouseConnection {
        let deadline = min(deadline, .after(configuration.connect.connectTimeout))
        let stream: ByteStream
        do {
            stream = try await ByteStream.connect(to: endpoint, options: configuration.connect, on: loop)
        } catch {
            throw ClickHouseError(error, connecting: true)
        }
        do {
            return try await shakeHands(stream, configuration, deadline: deadline)
        } catch {
            stream.close()
            var failure = error as? ClickHouseError
            if let error = error as? TransportError { failure = ClickHouseError(error, connecting: true) }
            if let error = error as? ClickHouseProtocolError { failure = ClickHouseError(error) }
            if failure?.code == .connectionLost { failure?.code = .connect }
            var known = failure ?? ClickHouseError(.connect, "\(error)", isRetriable: true)
            known.endpoint = endpoint
            throw known
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
            switch try decoder.next(from: buffer) {
            case .packet(.hello(let hello)): server = hello
            case .packet(.exception(let exception)): throw ClickHouseError(exception)
            case .packet:
                throw ClickHouseError(.protocolViolation, "the server did not answer a hello with its own")
            case .needs:
                guard try await stream.read(into: buffer, deadline: deadline) > 0 else {
                    throw ClickHouseError(
                        .connect, "the server closed the connection instead of saying hello: is this its native port?",
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
