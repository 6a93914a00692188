import Bytes
import TestSupport
import Testing
import Transport

@Suite struct ByteStreamTests {
    @Test(arguments: ["tcp", "unix"]) func echoes(kind: String) async throws {
        let endpoint: Endpoint = kind == "tcp" ? .tcp(host: "127.0.0.1", port: 0) : .unix(path: temporaryPath())
        try await withServer(at: endpoint, echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let buffer = ReceiveBuffer()
            for size in [1, 100, 5_000, 100_000] {
                let sent = pattern(size)
                try await stream.write(sent)
                while buffer.count < size { #expect(try await stream.read(into: buffer) > 0) }
                let got = buffer.takeSlice(size)
                #expect(got == sent)
            }
            try await stream.shutdownWrite()
            #expect(try await stream.read(into: buffer) == 0)
            stream.close()
        }
    }

    @Test func writesAListAsOne() async throws {
        try await withServer(echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            let list = (0..<300).map { pattern($0 % 7 * 100) }
            let whole = list.reduce(into: [UInt8]()) { $0 += $1.array }
            try await stream.write(list)
            let buffer = ReceiveBuffer()
            while buffer.count < whole.count { _ = try await stream.read(into: buffer) }
            let got = buffer.takeSlice(whole.count).array
            #expect(got == whole)
        }
    }

    @Test func nobodyListens() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                await #expect {
                    _ = try await ByteStream.connect(to: .tcp(host: "127.0.0.1", port: 1), on: loop)
                } throws: {
                    ($0 as? TransportError)?.code == .connectRefused
                }
            }
        }
    }

    @Test func deadlineEndsARead() async throws {
        try await withServer(echo) { server, loop in
            let stream = try await ByteStream.connect(to: server.localEndpoint, on: loop)
            await #expect {
                _ = try await stream.read(into: ReceiveBuffer(), deadline: .after(.milliseconds(5)))
            } throws: {
                ($0 as? TransportError)?.code == .deadline
            }
            // The stream is as good as before.
            let buffer = ReceiveBuffer()
            try await stream.write(pattern(10))
            #expect(try await stream.read(into: buffer) == 10)
        }
    }
}

/// Sends back what comes until the peer ends.
func echo(_ stream: ByteStream) async {
    let buffer = ReceiveBuffer()
    do {
        while try await stream.read(into: buffer) > 0 {
            try await stream.write(buffer.takeSlice(buffer.count))
        }
    } catch {}
}
