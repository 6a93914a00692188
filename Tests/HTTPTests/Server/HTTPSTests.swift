import Bytes
import HTTP
import TestSupport
import Testing
import Transport

/// The same server over TLS, beside other implementations.
@Suite struct HTTPSTests {
    private func withHTTPSServer(
        _ body: @escaping @Sendable (HTTPServer, EventLoop, TestCertificates, TLSConfiguration) async throws -> Void
    ) async throws {
        let certificates = try await TestCertificates.shared()
        let tls = try TLSConfiguration.server(identity: certificates.server, applicationProtocols: ["http/1.1"])
        var configuration = HTTPServerConfiguration()
        configuration.listen.tls = tls
        try await withHTTPServer(configuration) { try await body($0, $1, certificates, tls) }
    }

    @Test func `curl gets its answers over one connection`() async throws {
        try await withHTTPSServer { server, _, certificates, _ in
            let port = try #require(server.localEndpoint.port)
            let url = "https://localhost:\(port)"
            let result = try await Command.run([
                "curl", "-sS", "--cacert", certificates.authority, "-w", "%{http_code} %{num_connects};",
                "\(url)/hello", "\(url)/stream", "-d", "body", "\(url)/echo",
            ])
            // -d makes all of them POSTs.
            #expect(result.output.hasSuffix("body202 0;"), "\(result.output)")
            #expect(result.status == 0)
        }
    }

    @Test func `the client pool speaks TLS, and large bodies pass`() async throws {
        try await withHTTPSServer { server, loop, certificates, _ in
            let port = try #require(server.localEndpoint.port)
            var configuration = HTTPClientConfiguration()
            configuration.connect.tls = try .client(trust: .file(certificates.authority))
            let client = HTTPClient(.tcp(host: "localhost", port: port), configuration: configuration, on: loop)
            for size in [0, 10, 900_000] {
                let echo = try await client.send(.post, "/echo", body: pattern(size))
                #expect(echo.body == pattern(size))
            }
            #expect(client.connectionCount == 1)
            client.close()
        }
    }

    @Test func `the certificate changes under way`() async throws {
        let certificates = try await TestCertificates.shared()
        let folder = temporaryPath()
        try await Command.run(["cp", "-r", certificates.folder, folder])
        let tls = try TLSConfiguration.server(
            identity: .init(certificateChainFile: "\(folder)/server.pem", privateKeyFile: "\(folder)/server.key"))
        var configuration = HTTPServerConfiguration()
        configuration.listen.tls = tls
        try await withHTTPServer(configuration) { server, loop in
            let client = try TLSConfiguration.client(trust: .file(certificates.authority), verification: .chainOnly)
            func connect() async throws -> ByteStream {
                try await ByteStream.connect(to: server.localEndpoint, options: .init(tls: client), on: loop)
            }
            func ping(_ stream: ByteStream) async throws -> Bool {
                try await stream.write(ByteSlice(utf8: "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"))
                let buffer = ReceiveBuffer()
                _ = try await stream.read(into: buffer, deadline: .after(.seconds(10)))
                return buffer.slice(0..<min(buffer.count, 12)).description == "HTTP/1.1 204"
            }
            let old = try await connect()
            #expect(try await ping(old))
            try await Command.run([
                "sh", "-c", "cd \(folder); cp elsewhere.pem server.pem; cp elsewhere.key server.key",
            ])
            try tls.reload()
            let new = try await connect()
            #expect(new.tls?.peerSubject?.contains("elsewhere") == true)
            // What was open goes on.
            #expect(try await ping(new))
            #expect(try await ping(old))
        }
        try await Command.run(["rm", "-r", folder])
    }

    @Test func `plain HTTP on the port is no request`() async throws {
        try await withHTTPSServer { server, loop, _, _ in
            let talk = try await Talk(server, loop)
            try await talk.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = (try? await talk.receiveAll()) ?? ""
            #expect(!answer.contains("HTTP/1.1 204"))
        }
    }
}
