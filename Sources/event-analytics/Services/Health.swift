import HTTP
import Transport

/// Asks the services of this machine whether they are ready.
struct Health {
    let settings: Settings

    /// - Throws: `UpError` that says which service is not ready, and why.
    func check(_ which: String) async throws {
        let api = ("API", settings.apiHost, settings.apiPort)
        let consumer = ("consumer", settings.metricsHost, settings.metricsPort)
        let services =
            switch which {
            case "api": [api]
            case "consumer": [consumer]
            case "all": [api, consumer]
            default: throw UpError("health: '\(which)' is none of api, consumer and all")
            }
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        for (name, host, port) in services {
            do {
                try await loop.run { try await ask(name, host, port, on: loop) }
            } catch {
                await group.shutdown()
                throw error
            }
        }
        await group.shutdown()
    }

    private func ask(_ name: String, _ host: String, _ port: Int, on loop: EventLoop) async throws {
        // Who listens on every address is asked on this machine's own.
        let host = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
        let client = HTTPClient(.tcp(host: host, port: port), on: loop)
        let response = try await client.send(.get, "/ready", deadline: .after(.seconds(3)))
        client.close()
        guard response.status == .ok else { throw UpError("the \(name) is not ready: \(response.body)") }
    }
}
