import Bytes
import HTTP
import Transport

/// `demo`: something to look at.
enum Demo {
    private static let batch = 2_000

    /// Sends made-up events to the API of this machine.
    ///
    /// - Throws: `UsageError`, and `UpError` where the API does not take them.
    static func run(_ settings: Settings, _ arguments: Arguments, key: String?) async throws {
        let count = try number("--events", arguments, default: 20_000, 1...100_000_000)
        let days = try number("--days", arguments, default: 30, 1...3_650)
        let names = Array((settings.eventNames ?? ["question", "answer", "rating"]).prefix(4))
        let host = settings.apiHost == "0.0.0.0" || settings.apiHost == "::" ? "127.0.0.1" : settings.apiHost
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        let outcome: Result<Void, any Error>
        do {
            try await loop.run {
                var configuration = HTTPClientConfiguration()
                // This machine's own API is told nothing that is secret but the key, which it knows.
                if settings.apiIdentity != nil { configuration.connect.tls = try .client(verification: .none) }
                let endpoint = Endpoint.tcp(host: host, port: settings.apiPort)
                let client = HTTPClient(endpoint, configuration: configuration, on: loop)
                defer { client.close() }
                try await send(count, DemoEvents(names: names, end: WallClock.milliseconds, days: days), key, client)
            }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        await group.shutdown()
        try outcome.get()
        Console.say("demo: \(count) events are accepted: see \(settings.apiScheme)://\(host):\(settings.apiPort)/")
    }

    private static func send(
        _ count: Int, _ events: DemoEvents, _ key: String?, _ client: HTTPClient
    ) async throws {
        var events = events
        var (made, conversation) = (0, 0)
        while made < count {
            var writer = ByteWriter(capacity: 1 << 20)
            var held = 0
            while held < batch, made < count {
                for event in events.conversation(conversation) where made < count {
                    writer.write(event)
                    writer.writeByte(UInt8(ascii: "\n"))
                    made += 1
                    held += 1
                }
                conversation += 1
            }
            try await post(writer.finish(), key, client)
        }
    }

    private static func post(_ body: ByteSlice, _ key: String?, _ client: HTTPClient) async throws {
        var headers = [HTTPHeader("content-type", "application/x-ndjson")]
        if let key { headers.append(HTTPHeader("authorization", "Bearer \(key)")) }
        var attempts = 0
        while true {
            let response = try await client.send(
                .post, "/events/batch", headers: headers, body: body, deadline: .after(.seconds(60)))
            if response.status == .accepted { return }
            attempts += 1
            // Busy, or as many as this client may write: later.
            guard response.status == .serviceUnavailable || response.status == .tooManyRequests, attempts < 60 else {
                throw UpError("the API does not take the events: \(response.status.code) \(response.body)")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func number(
        _ name: String, _ arguments: Arguments, default standard: Int, _ range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let text = arguments.options[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("\(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }
}
