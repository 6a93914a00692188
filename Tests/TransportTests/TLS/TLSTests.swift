import Bytes
import TestSupport
import Testing
import Transport

@Suite struct TLSTests {
    /// Runs a TLS echo server and `body` beside it.
    private func withTLSServer(
        _ configuration: TLSConfiguration, host: String = "localhost",
        _ handler: @escaping @Sendable (ByteStream) async -> Void = echo,
        _ body: @escaping @Sendable (Endpoint, EventLoop, Listener) async throws -> Void
    ) async throws {
        var options = ListenOptions()
        options.tls = configuration
        try await withServer(options: options, handler) { server, loop in
            let port = try #require(server.localEndpoint.port)
            try await body(.tcp(host: host, port: port), loop, server)
        }
    }

    private func message(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test(arguments: [TLSConfiguration.Version.tls12, .tls13])
    func carriesBytesBothWays(version: TLSConfiguration.Version) async throws {
        let certificates = try await TestCertificates.shared()
        let server = try TLSConfiguration.server(
            identity: certificates.server, applicationProtocols: ["two", "one"])
        let client = try TLSConfiguration.client(
            trust: .file(certificates.authority), applicationProtocols: ["one", "two"],
            versions: version...version)
        try await withTLSServer(server) { endpoint, loop, _ in
            let stream = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
            let info = try #require(stream.tls)
            #expect(info.version == (version == .tls12 ? "TLSv1.2" : "TLSv1.3"))
            #expect(info.applicationProtocol == "two")
            #expect(info.peerSubject?.contains("CN=localhost") == true)
            let sent = pattern(3_000_000)
            let buffer = ReceiveBuffer()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await stream.write([sent.prefix(10), sent.slice(10..<20), sent.suffix(from: 20)])
                    try await stream.shutdownWrite()
                }
                while try await stream.read(into: buffer) > 0 {}
                try await tasks.waitForAll()
            }
            let got = buffer.takeSlice(buffer.count)
            #expect(got == sent)
        }
    }

    @Test func refusesTheWrongHostAnExpiredOneAndAnUnknownAuthority() async throws {
        let certificates = try await TestCertificates.shared()
        let trusting = try TLSConfiguration.client(trust: .file(certificates.authority))
        let other = try TLSConfiguration.client(trust: .file(certificates.otherAuthority))
        let cases: [(TLSConfiguration.Identity, TLSConfiguration, String)] = [
            (certificates.elsewhere, trusting, "'O=Tests, CN=elsewhere.example' is not for 'localhost'"),
            (certificates.expired, trusting, "certificate has expired"),
            (certificates.server, other, "unable to get local issuer certificate"),
            (certificates.stranger, trusting, "self-signed certificate"),
        ]
        for (identity, client, expected) in cases {
            try await withTLSServer(try .server(identity: identity)) { endpoint, loop, server in
                let said = await message {
                    _ = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
                }
                #expect(said.contains(expected), "\(said)")
                try await until { server.failedHandshakeCount == 1 }
            }
        }
    }

    @Test func showsTheCertificateOfTheNameThatIsAskedFor() async throws {
        let certificates = try await TestCertificates.shared()
        let trust = TLSConfiguration.Trust.file(certificates.authority)
        let server = try TLSConfiguration.server(
            identity: certificates.server,
            named: ["Elsewhere.example": certificates.elsewhere, "*.many.example": certificates.client],
            applicationProtocols: ["one"])
        try await withTLSServer(server) { endpoint, loop, _ in
            for (name, subject) in [
                ("localhost", "CN=localhost"), ("elsewhere.example", "CN=elsewhere.example"),
                ("a.many.example", "CN=a-client"), ("a.b.many.example", "CN=localhost"),
            ] {
                let client = try TLSConfiguration.client(
                    trust: trust, verification: .chainOnly, serverName: name, applicationProtocols: ["one"])
                let stream = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
                #expect(stream.tls?.peerSubject?.contains(subject) == true, "\(name): \(stream.tls?.peerSubject ?? "")")
                #expect(stream.tls?.applicationProtocol == "one")
            }
            // Checked as whoever connects there would.
            let checking = try TLSConfiguration.client(trust: trust, serverName: "elsewhere.example")
            let stream = try await ByteStream.connect(to: endpoint, options: .init(tls: checking), on: loop)
            #expect(stream.tls?.serverName == "elsewhere.example")
        }
    }

    @Test func whatThePeerSaidBeforeItWentCanBeReadBehindAFailedWrite() async throws {
        // Python resets the connection over what it has not read, without TLS's goodbye.
        let certificates = try await TestCertificates.shared()
        let port = try reservedPort()
        let program = """
            import select, socket, ssl, struct
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("\(certificates.folder)/server.pem", "\(certificates.folder)/server.key")
            listener = socket.create_server(("127.0.0.1", \(port)))
            accepted = listener.accept()[0]
            # Else the system might still hold the last words back when the connection is reset.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = context.wrap_socket(accepted, server_side=True)
            connection.sendall(b"the reason")
            select.select([connection], [], [])
            raw = socket.socket(fileno=connection.detach())
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
            """
        async let python = Command.run(["python3", "-c", program])
        let client = try TLSConfiguration.client(trust: .file(certificates.authority))
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let stream = try await connectWhenReady(.tcp(host: "localhost", port: port), .init(tls: client), loop)
                try await stream.write(pattern(10_000))
                try await until("the reset") { stream.peerHasClosed }
                let failed = await message { for _ in 0..<100 { try await stream.write(pattern(10_000)) } }
                #expect(failed.contains("reset") || failed.contains("pipe"), "\(failed)")
                let buffer = ReceiveBuffer()
                // What came before the reset is there; the reset is told behind it, and told again.
                let end = await message { while try await stream.read(into: buffer) > 0 {} }
                #expect(end != "no error")
                let again = await message { _ = try await stream.read(into: buffer) }
                #expect(again != "no error")
                let got = String(validating: buffer.span)
                #expect(got == "the reason", "\(failed) | \(end) | \(again)")
            }
        }
        _ = try await python
    }

    @Test(arguments: [true, false]) func handshakesEndAtTheirDeadline(sendsHalf: Bool) async throws {
        let certificates = try await TestCertificates.shared()
        var options = ListenOptions()
        options.tls = try .server(identity: certificates.server)
        options.handshakeTimeout = .milliseconds(50)
        try await withServer(options: options, echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            // The beginning of a ClientHello.
            if sendsHalf { try await stream.write([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]) }
            try await until("the server gives up") { server.failedHandshakeCount == 1 }
            let end = (try? await stream.read(into: ReceiveBuffer(), deadline: .after(.seconds(10)))) ?? 0
            #expect(end == 0)
        }
    }

    @Test func refusesAClientThatSpeaksNoneOfItsProtocols() async throws {
        let certificates = try await TestCertificates.shared()
        let server = try TLSConfiguration.server(identity: certificates.server, applicationProtocols: ["http/1.1"])
        let client = try TLSConfiguration.client(trust: .file(certificates.authority), applicationProtocols: ["h2"])
        try await withTLSServer(server) { endpoint, loop, _ in
            let said = await message {
                _ = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
            }
            #expect(said.contains("the peer refused: no application protocol"), "\(said)")
        }
    }

    @Test func takesOptionalClientCertificates() async throws {
        let certificates = try await TestCertificates.shared()
        let trust = TLSConfiguration.Trust.file(certificates.authority)
        let server = try TLSConfiguration.server(identity: certificates.server, clients: .optional(trust))
        let report: @Sendable (ByteStream) async -> Void = { stream in
            try? await stream.write(ByteSlice(utf8: stream.tls?.peerSubject ?? "nobody"))
        }
        try await withTLSServer(server, report) { endpoint, loop, _ in
            for (identity, expected) in [(certificates.client, "CN=a-client"), (nil, "nobody")] {
                let client = try TLSConfiguration.client(trust: trust, identity: identity)
                let stream = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
                let buffer = ReceiveBuffer()
                while try await stream.read(into: buffer) > 0 {}
                let got = String(validating: buffer.span) ?? ""
                #expect(got.contains(expected))
            }
        }
    }

    @Test func checksAnAddressAsAHost() async throws {
        let certificates = try await TestCertificates.shared()
        let client = try TLSConfiguration.client(trust: .file(certificates.authority))
        try await withTLSServer(try .server(identity: certificates.server), host: "127.0.0.1") {
            endpoint, loop, _ in
            let stream = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
            #expect(stream.isTLS)
        }
        try await withTLSServer(try .server(identity: certificates.elsewhere), host: "127.0.0.1") {
            endpoint, loop, _ in
            let said = await message {
                _ = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
            }
            #expect(said.contains("is not for '127.0.0.1'"), "\(said)")
        }
    }

    @Test func asksForClientCertificates() async throws {
        let certificates = try await TestCertificates.shared()
        let trust = TLSConfiguration.Trust.file(certificates.authority)
        let server = try TLSConfiguration.server(
            identity: certificates.server, clients: .required(trust))
        let report: @Sendable (ByteStream) async -> Void = { stream in
            try? await stream.write(ByteSlice(utf8: stream.tls?.peerSubject ?? "nobody"))
        }
        try await withTLSServer(server, report) { endpoint, loop, _ in
            func greeting(_ identity: TLSConfiguration.Identity?) async -> String {
                do {
                    let client = try TLSConfiguration.client(trust: trust, identity: identity)
                    let stream = try await ByteStream.connect(
                        to: endpoint, options: .init(tls: client), on: loop)
                    let buffer = ReceiveBuffer()
                    while try await stream.read(into: buffer) > 0 {}
                    return String(validating: buffer.span) ?? "?"
                } catch { return "\(error)" }
            }
            #expect(await greeting(certificates.client).contains("CN=a-client"))
            // In TLS 1.3 the client is done before the server has looked: it learns of the refusal when it reads.
            let missing = await greeting(nil)
            #expect(missing.contains("the peer refused: certificate required"), "\(missing)")
            let bad = await greeting(certificates.stranger)
            #expect(bad.contains("the peer refused"), "\(bad)")
        }
    }

    @Test(arguments: [TLSConfiguration.Version.tls12, .tls13])
    func goesOnWithASession(version: TLSConfiguration.Version) async throws {
        let certificates = try await TestCertificates.shared()
        let client = try TLSConfiguration.client(
            trust: .file(certificates.authority), versions: version...version)
        try await withTLSServer(try .server(identity: certificates.server)) { endpoint, loop, _ in
            for round in 0..<3 {
                let stream = try await ByteStream.connect(
                    to: endpoint, options: .init(tls: client), on: loop)
                #expect(stream.tls?.isResumed == (round > 0))
                // The server's ticket comes with what it sends first.
                try await stream.write(pattern(5))
                _ = try await stream.read(into: ReceiveBuffer())
                stream.close()
            }
        }
    }

    @Test func readsAfterARawEndSayThatBytesMayBeMissing() async throws {
        // Python closes the socket without TLS's goodbye.
        let certificates = try await TestCertificates.shared()
        let port = try reservedPort()
        let program = """
            import socket, ssl
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("\(certificates.folder)/server.pem", "\(certificates.folder)/server.key")
            listener = socket.create_server(("127.0.0.1", \(port)))
            connection = context.wrap_socket(listener.accept()[0], server_side=True)
            connection.sendall(b"half")
            connection.detach()
            """
        async let python = Command.run(["python3", "-c", program])
        let client = try TLSConfiguration.client(trust: .file(certificates.authority))
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let stream = try await connectWhenReady(
                    .tcp(host: "localhost", port: port), .init(tls: client), loop)
                let buffer = ReceiveBuffer()
                let said = await message { while try await stream.read(into: buffer) > 0 {} }
                #expect(said.contains("bytes may be missing"), "\(said)")
                #expect(buffer.count == 4)
            }
        }
        _ = try await python
    }

    @Test func givesUpOnAPeerThatSaysNothingOrSomethingElse() async throws {
        let client = try TLSConfiguration.client(verification: .none)
        let silent: @Sendable (ByteStream) async -> Void = { stream in
            let buffer = ReceiveBuffer()
            do { while try await stream.read(into: buffer) > 0 {} } catch {}
        }
        try await withServer(silent) { server, loop in
            let options = ConnectOptions(connectTimeout: .milliseconds(50), tls: client)
            let said = await message {
                _ = try await ByteStream.connect(to: server.localEndpoint, options: options, on: loop)
            }
            #expect(said.contains("no handshake before the deadline"), "\(said)")
        }
        let plain: @Sendable (ByteStream) async -> Void = { stream in
            try? await stream.write(ByteSlice(utf8: "220 mail.example ESMTP\r\n"))
        }
        try await withServer(plain) { server, loop in
            let said = await message {
                _ = try await ByteStream.connect(
                    to: server.localEndpoint, options: .init(tls: client), on: loop)
            }
            #expect(said.contains("does not seem to speak TLS"), "\(said)")
        }
    }

    @Test func nothingFollowsAWriteThatWasCut() async throws {
        let certificates = try await TestCertificates.shared()
        let client = try TLSConfiguration.client(trust: .file(certificates.authority))
        let silent: @Sendable (ByteStream) async -> Void = { stream in
            do { while !stream.peerHasClosed { try await stream.loop.sleep(for: .milliseconds(5)) } } catch {}
        }
        try await withTLSServer(try .server(identity: certificates.server), silent) { endpoint, loop, _ in
            let stream = try await ByteStream.connect(to: endpoint, options: .init(tls: client), on: loop)
            let huge = ByteSlice([UInt8](repeating: 7, count: 30_000_000))
            let cut = await message { try await stream.write(huge, deadline: .after(.milliseconds(50))) }
            #expect(cut.contains("did not read before the deadline"), "\(cut)")
            let next = await message { try await stream.write(pattern(1)) }
            #expect(next.contains("cut in its middle"), "\(next)")
            stream.close()
        }
    }

    @Test func readsItsFilesAgain() async throws {
        let certificates = try await TestCertificates.shared()
        let folder = temporaryPath()
        try await Command.run(["cp", "-r", certificates.folder, folder])
        let identity = TLSConfiguration.Identity(
            certificateChainFile: folder + "/server.pem", privateKeyFile: folder + "/server.key")
        let server = try TLSConfiguration.server(identity: identity)
        let client = try TLSConfiguration.client(
            trust: .file(certificates.authority), verification: .chainOnly)
        try await withTLSServer(server) { endpoint, loop, _ in
            func subject() async throws -> String {
                let stream = try await ByteStream.connect(
                    to: endpoint, options: .init(tls: client), on: loop)
                return stream.tls?.peerSubject ?? ""
            }
            #expect(try await subject().contains("localhost"))
            try await Command.run([
                "sh", "-c", "cd \(folder); cp elsewhere.pem server.pem; cp elsewhere.key server.key",
            ])
            try server.reload()
            #expect(try await subject().contains("elsewhere"))
            // What cannot be read changes nothing.
            try await Command.run(["sh", "-c", "echo nonsense > \(folder)/server.pem"])
            let said = await message { try server.reload() }
            #expect(
                said.contains("the certificate's file '\(folder)/server.pem' cannot be used"), "\(said)")
            #expect(try await subject().contains("elsewhere"))
        }
        try await Command.run(["rm", "-r", folder])
    }

    @Test func tellsWhatIsWrongWithItsFiles() async throws {
        let certificates = try await TestCertificates.shared()
        let mixed = TLSConfiguration.Identity(
            certificateChainFile: certificates.server.certificateChainFile,
            privateKeyFile: certificates.client.privateKeyFile)
        let said = await message { _ = try TLSConfiguration.server(identity: mixed) }
        #expect(said.contains("private key"), "\(said)")
        let missing = await message { _ = try TLSConfiguration.client(trust: .file("/nowhere/ca.pem")) }
        #expect(missing.contains("/nowhere/ca.pem"), "\(missing)")
    }
}

/// Connects as soon as another program's server listens.
func connectWhenReady(_ endpoint: Endpoint, _ options: ConnectOptions, _ loop: EventLoop)
    async throws -> ByteStream
{
    let deadline = Deadline.after(.seconds(20))
    while true {
        do {
            return try await ByteStream.connect(to: endpoint, options: options, on: loop)
        } catch {
            guard error.code == .connectRefused, !deadline.hasPassed else { throw error }
            try await loop.sleep(for: .milliseconds(10))
        }
    }
}
