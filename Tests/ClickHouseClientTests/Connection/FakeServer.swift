import Bytes
import ClickHouseClient
import ClickHouseProtocol
import TestSupport
import Transport

/// One side of a conversation, as a test writes it: it says what a ClickHouse would say, and stops wherever it likes.
struct FakeServer {
    /// An old revision, of which a hello is short and has no answer.
    static let revision = Revision(rawValue: 54_453)

    let stream: ByteStream
    private let buffer = ReceiveBuffer()

    init(_ stream: ByteStream) { self.stream = stream }

    static func configuration(_ endpoint: Endpoint) -> ClickHouseConfiguration {
        var configuration = ClickHouseConfiguration(endpoint)
        configuration.compression = .none
        // However busy the machine is.
        configuration.connect.connectTimeout = .seconds(120)
        configuration.acquireTimeout = .seconds(120)
        return configuration
    }

    /// Waits for so many bytes at the least, and drops all that came.
    func hear(_ count: Int = 1) async throws {
        var heard = 0
        while heard < count {
            let more = try await stream.read(into: buffer, deadline: .after(.seconds(120)))
            guard more > 0 else { throw TestFailure("the client closed the connection") }
            heard += more
            buffer.consume(buffer.count)
        }
    }

    /// Waits until a text has come, and gives all that came with it.
    func hear(text: String) async throws -> String {
        var heard = ""
        while !heard.contains(text) {
            guard try await stream.read(into: buffer, deadline: .after(.seconds(120))) > 0 else {
                throw TestFailure("the client closed the connection")
            }
            heard += String(decoding: buffer.takeSlice(buffer.count).array, as: UTF8.self)
        }
        return heard
    }

    /// Takes so many bytes, or what is there of them, at this very moment: nobody else on the loop does anything meanwhile.
    func takeArrived(_ count: Int) throws {
        var taken = 0
        while taken < count, let more = try stream.readArrived(into: buffer), more > 0 {
            taken += more
            buffer.consume(buffer.count)
        }
    }

    /// Waits until the client closes the connection.
    func hearOut() async {
        // An end of any kind will do.
        while let count = try? await stream.read(into: buffer, deadline: .after(.seconds(120))), count > 0 {
            buffer.consume(buffer.count)
        }
    }

    private func say(_ write: (inout ByteWriter) throws -> Void) async throws {
        var writer = ByteWriter()
        try write(&writer)
        try await stream.write(writer.finish())
    }

    private static func text(_ text: String, _ writer: inout ByteWriter) {
        writer.writeVarint(UInt64(text.utf8.count))
        writer.write(text)
    }

    /// Takes the client's hello and answers it.
    func hello() async throws {
        try await hear()
        try await say { writer in
            writer.writeVarint(0)
            Self.text("ClickHouse", &writer)
            writer.writeVarint(26)
            writer.writeVarint(9)
            writer.writeVarint(Self.revision.rawValue)
            Self.text("UTC", &writer)
            Self.text("fake", &writer)
            writer.writeVarint(0)
        }
    }

    func data(_ block: Block) async throws {
        try await say { writer in
            writer.writeVarint(1)
            Self.text("", &writer)
            try block.encode(into: &writer, revision: Self.revision)
        }
    }

    func exception(_ code: Int32, _ message: String) async throws {
        try await say { writer in
            writer.writeVarint(2)
            writer.writeLittleEndian(code)
            Self.text("DB::Exception", &writer)
            Self.text(message, &writer)
            Self.text("", &writer)
            writer.writeByte(0)
        }
    }

    func progress() async throws {
        try await say { writer in
            writer.writeVarint(3)
            for _ in 0..<5 { writer.writeVarint(1) }
        }
    }

    func pong() async throws { try await say { $0.writeVarint(4) } }
    func endOfStream() async throws { try await say { $0.writeVarint(5) } }

    /// A block of one column of numbers.
    static func numbers(_ count: Int) throws -> Block {
        try Block([Column(name: "n", type: .uint64, data: .uint64([UInt64](repeating: 7, count: count)))])
    }
}

/// Runs a fake server that gives each connection to `serve`, and `body` with a client of it.
func withFakeServer(
    loops: Int = 2,
    _ serve: @escaping @Sendable (FakeServer) async throws -> Void,
    change: @escaping @Sendable (inout ClickHouseConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (ClickHouseClient) async throws -> Void
) async throws {
    try await withServer(loops: loops) { stream in
        // Where the client goes away the script ends; what the client made of it is what the test looks at.
        try? await serve(FakeServer(stream))
    } _: { listener, loop in
        var configuration = FakeServer.configuration(listener.localEndpoint)
        change(&configuration)
        let client = ClickHouseClient(configuration, on: loop)
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}
