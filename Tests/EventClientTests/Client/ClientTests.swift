import Bytes
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing
import Transport

@testable import EventClient

@Suite(.timeLimit(.minutes(2))) struct ClientTests {
    @Test func `what is down for a moment is asked again`() async throws {
        try await withAPI { api, client in
            api.fail(.status(503, retryAfter: "0"), .status(502), .status(429, retryAfter: "0"), .cut, .text("garbage"))
            let event = event()
            let id = try await client.trackEvent(event)
            #expect(id == event.id)
            #expect(api.requests.count == 6 && api.ids == [event.id])
        }
    }

    @Test func `Retry-After is waited for, and what lies past the deadline is told at once`() async throws {
        try await withAPI({ $0.deadline = .seconds(30) }) { api, client in
            api.fail(.status(429, retryAfter: "1"))
            let start = Deadline.now
            try await client.trackEvent(event())
            #expect(start.duration(to: .now) >= .seconds(1))
            api.fail(.status(429, retryAfter: "3600"))
            let error = await failure { try await client.trackEvent(event()) }
            #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(3_600) && error?.status == 429)
            #expect(error?.requestID == "r-1" && api.requests.count == 3)
        }
    }

    @Test func `errors are typed, and what is wrong is asked once`() async throws {
        try await withAPI { api, client in
            for (status, code) in [
                (400, "validation"), (401, "unauthorized"), (403, "forbidden"), (404, "not_found"), (413, "too_large"),
            ] {
                api.fail(.status(status))
                let error = await failure { try await client.trackEvent(event()) }
                #expect(error?.code.description == code && error?.isRetriable == false)
            }
            #expect(api.requests.count == 5)
            // Nothing is sent of what is wrong.
            #expect(await failure { try await client.trackEvent(event("")) }?.field == "event_name")
            #expect(await failure { _ = try await client.latencyStats(limit: 0) }?.field == "limit")
            #expect(await failure { _ = try await client.errorCounts(eventName: "a", days: 3_651) }?.field == "days")
            #expect(await failure { try await client.updateEvent(UUID(), EventChanges()) }?.code == .validation)
            #expect(api.requests.count == 5)
            // A path that is not there is no missing event.
            api.fail(.status(404))
            #expect(await failure { _ = try await client.event(UUID()) }?.code == .notFound)
        }
    }

    @Test func `a slow API is given up, and the outcome is unknown`() async throws {
        let gate = Gate()
        try await withAPI({
            $0.deadline = .milliseconds(200)
            $0.attemptTimeout = .milliseconds(50)
        }) { api, client in
            api.fail(.slow(gate), .slow(gate), .slow(gate), .slow(gate), .slow(gate), .slow(gate), .slow(gate))
            let error = await failure { try await client.trackEvent(event()) }
            #expect(error?.code == .unavailable && error?.isOutcomeUnknown == true && api.requests.count > 1)
            gate.open()
        }
    }

    @Test func `an update that may still come is not sent again`() async throws {
        let gate = Gate()
        try await withAPI({ $0.attemptTimeout = .milliseconds(50) }) { api, client in
            api.fail(.slow(gate))
            let error = await failure { try await client.updateEvent(UUID(), EventChanges(input: "x")) }
            #expect(error?.isOutcomeUnknown == true && api.requests.count == 1)
            api.fail(.status(503))
            try await client.updateEvent(UUID(), EventChanges(input: "x"))
            #expect(api.requests.count == 3)
            gate.open()
        }
    }

    @Test func `many events go in batches, refusals are typed, the rest is accepted`() async throws {
        try await withAPI({ $0.batchEvents = 10 }) { api, client in
            let events = (0..<35).map {
                event($0 % 10 == 3 ? "refused" : "event_a", input: String(repeating: "x", count: 200))
            }
            let error = await failure { try await client.trackEvents(events) }
            #expect(error?.code == .partlyRefused && error?.field == "event_name")
            let batch = try #require(error?.batch)
            #expect(batch.refusals.map(\.index) == [3, 13, 23, 33] && batch.unsent.isEmpty)
            #expect(batch.refusals.allSatisfy { $0.field == "event_name" && events[$0.index].id == $0.id })
            #expect(batch.ids == events.map { $0.eventName == "refused" ? nil : $0.id })
            #expect(api.requests.count == 4 && api.requests.allSatisfy { $0.hasSuffix(" gzip") })
            let good = (0..<25).map { _ in event() }
            #expect(try await client.trackEvents(good) == good.map(\.id))
            #expect(try await client.trackEvents([]) == [])
            // All of a batch may be wrong.
            let wrong = await failure { try await client.trackEvents([event("refused"), event("")]) }
            #expect(wrong?.batch?.refusals.map(\.index) == [0, 1] && wrong?.batch?.ids == [nil, nil])
        }
    }

    @Test func `a batch that is too large is halved`() async throws {
        try await withAPI { api, client in
            api.state.withLock { $0.largestBatch = 3 }
            let events = (0..<20).map { _ in event() }
            let ids = try await client.trackEvents(events)
            #expect(ids == events.map(\.id))
            #expect(api.ids == Set(events.map(\.id)) && api.state.withLock { $0.creates } == 20)
        }
    }

    @Test func `what a batch lost on its way is sent again, and doubles nothing`() async throws {
        try await withAPI({ $0.batchEvents = 5 }) { api, client in
            api.fail(.cut, .text("{}"))
            let events = (0..<10).map { _ in event() }
            let ids = try await client.trackEvents(events)
            #expect(ids == events.map(\.id))
            #expect(api.ids == Set(events.map(\.id)))
        }
    }

    @Test func `where the API goes away, the error says what is unsent`() async throws {
        try await withAPI({
            $0.batchEvents = 5
            $0.deadline = .milliseconds(100)
        }) { api, client in
            let events = (0..<20).map { _ in event() }
            _ = try await client.trackEvents(events[..<5])
            api.state.withLock { $0.isAway = true }
            let error = await failure { try await client.trackEvents(events[5...]) }
            #expect(error?.code == .unavailable && error?.status == 503)
            #expect(error?.batch?.unsent == Array(0..<15) && error?.batch?.ids == Array(repeating: nil, count: 15))
        }
    }

    @Test func `pages are followed, empty ones too`() async throws {
        try await withAPI { api, client in
            let events = try await client.trackEvents((0..<7).map { _ in event() })
            let wanted = events.sorted { $0.uuidString < $1.uuidString }
            var read: [UUID] = []
            for try await event in client.eventSequence(pageSize: 2) { read.append(event.id) }
            #expect(read == wanted)
            #expect(try await client.events(inConversation: "a/b").map(\.id) == wanted)
            #expect(api.requests.last?.hasPrefix("GET /events/conversation/a%2Fb?limit=1000&cursor=e6") == true)
            let page = try await client.events(matching: EventFilter(hasError: true), limit: 2)
            #expect(page.elements.map(\.id) == Array(wanted.prefix(2)) && page.nextCursor == "2")
        }
    }

    @Test func `a base path, an API key, keep-alive and gzip`() async throws {
        try await withAPI({ $0.apiKey = "secret" }, path: "/base/") { api, client in

            for _ in 0..<3 { try await client.trackEvent(event(input: String(repeating: "a", count: 5_000))) }
            #expect(api.requests.allSatisfy { $0.hasPrefix("POST /base/event ") && $0.hasSuffix(" gzip") })
            let headers = api.state.withLock { $0.headers }
            #expect(headers.allSatisfy { $0["authorization"] == "Bearer secret" && $0["accept-encoding"] == "gzip" })
        }
        for key in ["", "a b", "é", "a\nb"] {
            let configuration = EventClientConfiguration("http://localhost", apiKey: key)
            #expect(throws: EventClientError.self) { try EventClient(configuration) }
        }
    }

    @Test func `IPv6 and TLS`() async throws {
        try await withAPI(host: "::1") { _, client in try await client.trackEvent(event()) }
        let certificates = try await TestCertificates.shared()
        let server = try TLSConfiguration.server(identity: certificates.server)
        let tls = try TLSConfiguration.client(trust: .file(certificates.authority))
        try await withAPI({ $0.tls = tls }, tls: server) { _, client in try await client.trackEvent(event()) }
        // The system trusts no test's authority.
        try await withAPI({ $0.deadline = .milliseconds(300) }, tls: server) { api, client in
            let error = await failure { try await client.trackEvent(event()) }
            #expect(error?.code == .unavailable && error?.isOutcomeUnknown == false && api.requests.isEmpty)
        }
    }

    @Test func `cancelled and closed calls end`() async throws {
        let gate = Gate()
        try await withAPI { api, client in
            api.fail(.slow(gate))
            let call = Task { await failure { try await client.trackEvent(event()) } }
            try await until { api.requests.count == 1 }
            call.cancel()
            #expect(await call.value?.code == .cancelled)
            api.state.withLock { $0.isAway = true }
            let waiting = Task { await failure { try await client.trackEvent(event()) } }
            try await until { api.requests.count > 3 }
            await client.close()
            #expect(await waiting.value?.code == .closed)
            #expect(await failure { try await client.trackEvent(event()) }?.code == .closed)
            #expect(await failure { _ = try await client.eventNames() }?.code == .closed)
            await client.close()
            gate.open()
        }
    }

    @Test func `nobody there`() async throws {
        var configuration = EventClientConfiguration("http://127.0.0.1:1")
        configuration.deadline = .milliseconds(100)
        try await withEventClient(configuration) { client in
            let error = await failure { try await client.trackEvent(event()) }
            #expect(error?.code == .unavailable && error?.isOutcomeUnknown == false)
            #expect(await client.isHealthy() == false)
            #expect(await failure { try await client.waitUntilReady(within: .milliseconds(50)) }?.code == .unavailable)
        }
    }

    @Test func `answers past the limit are refused, compressed or not`() async throws {
        let bomb = String(repeating: "a", count: 20_000)
        try await withAPI({ $0.maximumAnswerBytes = 10_000 }) { api, client in
            api.fail(.text(bomb))
            let error = await failure { try await client.trackEvent(event()) }
            #expect(error?.code == .unexpectedAnswer && error?.isRetriable == false)
        }
    }
}
