import Bytes
import TestSupport
import Testing
import Transport

/// Other implementations' clients and servers.
@Suite struct TLSInteroperabilityTests {
    private func withTLSServer(
        _ handler: @escaping @Sendable (ByteStream) async -> Void,
        _ body: @escaping @Sendable (Int, TestCertificates) async throws -> Void
    ) async throws {
        let certificates = try await TestCertificates.shared()
        var options = ListenOptions()
        options.tls = try .server(identity: certificates.server, applicationProtocols: ["http/1.1"])
        try await withServer(options: options, handler) { server, _ in
            try await body(try #require(server.localEndpoint.port), certificates)
        }
    }

    private static let answer: @Sendable (ByteStream) async -> Void = { stream in
        let buffer = ReceiveBuffer()
        do {
            _ = try await stream.read(into: buffer)
            try await stream.write(
                ByteSlice(utf8: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"))
            try await stream.shutdownWrite()
            while try await stream.read(into: buffer) > 0 {}
        } catch {}
    }

    @Test func curlTalksToTheServer() async throws {
        try await withTLSServer(Self.answer) { port, certificates in
            let good = try await Command.run([
                "curl", "-sS", "--cacert", certificates.authority, "https://localhost:\(port)/",
            ])
            #expect(good.output == "hello" && good.status == 0, "\(good.output)")
            let bad = try await Command.run([
                "curl", "-sS", "--cacert", certificates.otherAuthority, "https://localhost:\(port)/",
            ])
            #expect(bad.status == 60, "\(bad.output)")
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3", "-tls1_1"]) func openSSLTalksToTheServer(version: String)
        async throws
    {
        try await withTLSServer(Self.answer) { port, certificates in
            // -quiet goes on behind the end of its input, until the server closes.
            let result = try await Command.run(
                [
                    "sh", "-c",
                    "echo marker | openssl s_client -connect 127.0.0.1:\(port) -servername localhost \(version) "
                        + "-verify_return_error -CAfile \(certificates.authority) -alpn http/1.1 -quiet 2>&1",
                ])
            // TLS 1.1 is refused.
            #expect(result.output.contains("hello") == (version != "-tls1_1"), "\(result.output)")
        }
    }

    @Test func pythonTalksToTheServer() async throws {
        try await withTLSServer(echo) { port, certificates in
            let program = """
                import socket, ssl
                context = ssl.create_default_context(cafile="\(certificates.authority)")
                context.set_alpn_protocols(["h2", "http/1.1"])
                with socket.create_connection(("127.0.0.1", \(port))) as raw:
                    with context.wrap_socket(raw, server_hostname="localhost") as tls:
                        tls.sendall(b"x" * 100000)
                        got = 0
                        while got < 100000: got += len(tls.recv(65536))
                        print(got, tls.selected_alpn_protocol(), tls.version())
                        tls.unwrap()
                """
            let result = try await Command.run(["python3", "-c", program])
            #expect(result.output.hasPrefix("100000 http/1.1 TLSv1.3"), "\(result.output)")
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"]) func theClientTalksToOpenSSL(version: String)
        async throws
    {
        let certificates = try await TestCertificates.shared()
        let port = try reservedPort()
        // -rev sends every line back, reversed; -naccept ends the server after the connection.
        async let server = Command.run([
            "openssl", "s_server", "-accept", "\(port)", "-cert", "\(certificates.folder)/server.pem",
            "-key",
            "\(certificates.folder)/server.key", version, "-naccept", "1", "-rev", "-quiet",
        ])
        let client = try TLSConfiguration.client(trust: .file(certificates.authority))
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let stream = try await connectWhenReady(
                    .tcp(host: "localhost", port: port), .init(tls: client), loop)
                try await stream.write(ByteSlice(utf8: "abc\n"))
                let buffer = ReceiveBuffer()
                while buffer.count < 4 {
                    #expect(try await stream.read(into: buffer, deadline: .after(.seconds(10))) > 0)
                }
                let got = String(validating: buffer.span)
                #expect(got == "cba\n")
                try await stream.shutdownWrite()
                stream.close()
            }
        }
        _ = try await server
    }
}
