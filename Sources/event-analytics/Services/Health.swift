import HTTP
import Transport

/// Asks the services of this machine whether they are ready.
struct Health {
    let settings: Settings

    /// - Parameter which: `api`, `consumer`, or `all`.
    /// - Throws: `UpError` that says which service is not ready, and why.
    func check(_ which: String) async throws {
        let services = [
            ("api", "API", settings.apiHost, settings.apiPort, settings.apiIdentity != nil),
            ("consumer", "consumer", settings.metricsHost, settings.metricsPort, false),
        ]
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        for (word, name, host, port, speaksTLS) in services where which == word || which == "all" {
            do {
                try await loop.run { try await ask(name, host, port, speaksTLS, on: loop) }
            } catch {
                await group.shutdown()
                throw error
            }
        }
        await group.shutdown()
    }

    private func ask(
        _ name: String, _ host: String, _ port: Int, _ speaksTLS: Bool, on loop: EventLoop
    ) async throws {
        // Who listens on every address is asked on this machine's own.
        let host = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
        var configuration = HTTPClientConfiguration()
        // It asks this machine whether its own service answers, and tells it nothing: whose certificate that shows, which
        // is for the name that others call it by, does not matter.
        if speaksTLS { configuration.connect.tls = try .client(verification: .none) }
        let client = HTTPClient(.tcp(host: host, port: port), configuration: configuration, on: loop)
        let response = try await client.send(.get, "/ready", deadline: .after(.seconds(3)))
        client.close()
        guard response.status == .ok else { throw UpError("the \(name) is not ready: \(response.body)") }
    }
}
