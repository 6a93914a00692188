import Bytes
import HTTP
import Transport

/// The API under load.
struct Target: Sendable {
    let client: HTTPClient

    /// - Throws: `BenchmarkError` where the URL is none of plain HTTP.
    init(_ settings: Settings, on loop: EventLoop) throws {
        let scheme = "http://"
        guard settings.baseURL.hasPrefix(scheme) else {
            throw BenchmarkError("API_BASE_URL must begin with \(scheme), not \(settings.baseURL)")
        }
        var place = settings.baseURL.dropFirst(scheme.count)
        while place.last == "/" { place.removeLast() }
        guard !place.contains("/") else {
            throw BenchmarkError("API_BASE_URL must be http://host:port, not \(settings.baseURL)")
        }
        let endpoint = try Endpoint.parse(String(place), defaultPort: 80)
        var configuration = HTTPClientConfiguration()
        configuration.maxConnections = settings.concurrency + 1
        client = HTTPClient(endpoint, configuration: configuration, on: loop)
    }

    /// Sends an operation; returns when it was accepted.
    ///
    /// - Throws: `BenchmarkError` where it was refused, `HTTPError` where it was not answered.
    func send(_ workload: Workload, _ number: Int, _ phase: Phase) async throws {
        let event = workload.target(of: number, in: phase)
        let path = phase == .create ? "/event" : "/event/\(workload.id(of: event))"
        let body = workload.body(of: number, in: phase)
        // The API says 503 with Retry-After where it takes nothing for the moment: a client comes again.
        for attempt in 1... {
            let response = try await client.send(phase.method, path, body: body)
            if response.status == .accepted { return }
            guard response.status == .serviceUnavailable, attempt < 60 else {
                throw BenchmarkError("\(phase.method) \(path): \(response.status): \(response.body)")
            }
            try await client.loopSleep()
        }
    }

    /// The body of what a path answers.
    func get(_ path: String) async throws -> ByteSlice {
        let response = try await client.send(.get, path)
        guard response.status == .ok else { throw BenchmarkError("GET \(path): \(response.status): \(response.body)") }
        return response.body
    }
}

extension HTTPClient {
    /// Waits a second, as `Retry-After` asks for.
    fileprivate func loopSleep() async throws { try await EventLoop.current?.sleep(for: .seconds(1)) }
}
