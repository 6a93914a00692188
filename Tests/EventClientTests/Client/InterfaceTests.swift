import Foundation
import TestSupport
import Testing

@testable import EventClient

/// A program's own actor, as most of its code is on.
@MainActor
private final class Program {
    private var log: [String] = []
    private var failures: [EventBuffer.Failure] = []

    /// All that a client can be asked for.
    func run(_ client: EventClient) async throws {
        try await client.waitUntilReady(within: .seconds(10))
        #expect(await client.isHealthy())
        let id = try await client.trackEvent(event())
        log += [id.uuidString]
        MainActor.assertIsolated()
        let ids = try await client.trackEvents((0..<3).map { _ in event() })
        #expect(ids.count == 3)
        try await client.updateEvent(id, EventChanges(error: "x"))
        let read = try await client.event(id)
        #expect(read?.id == id && read?.createdAt == Date(timeIntervalSince1970: 1_767_916_800.123))
        #expect(read?.inputEmbeddings == [0.5])
        #expect(try await client.event(UUID()) == nil)
        #expect(try await client.events(inConversation: "c").count == 4)
        #expect(try await client.events(inConversation: "c", limit: 2).nextCursor != nil)
        for try await event in client.eventSequence(inConversation: "c") { log.append(event.eventName) }
        for try await event in client.eventSequence() { log.append(event.eventName) }
        for try await conversation in client.conversationSequence() { log.append(conversation.id) }
        MainActor.assertIsolated()
        #expect(log.count == 10)
        #expect(try await client.events(limit: 10).elements.count == 2)
        let conversation = try await client.conversations(limit: 10).elements.first
        #expect(conversation?.lastEventAt == Date(timeIntervalSince1970: 1_767_916_801.5))
        #expect(try await client.eventNames().map(\.count) == [3])
        #expect(try await client.errorCounts(eventName: "a").map(\.date) == ["2026-01-09"])
        #expect(try await client.latencyStats(days: 7).map(\.p95Latency) == [9.5])
        #expect(try await client.topErrorSessions(limit: 5).map(\.errorRate) == [0.25])
        try await client.deleteEvent(id)
        #expect(try await client.event(id) == nil)
        MainActor.assertIsolated()
    }

    /// All that a buffer can be asked for, its handler on this actor.
    func buffer(_ client: EventClient) async throws {
        let sent = try await withEventBuffer(
            of: client, onFailure: { failures in await self.handle(failures) }
        ) { buffer in
            MainActor.assertIsolated()
            log.append("begun")
            try await buffer.track(event("refused"))
            let id = try await buffer.track(event())
            try await buffer.flush()
            #expect(await buffer.count == 0)
            return id
        }
        MainActor.assertIsolated()
        #expect(failures.count == 1)
        #expect(try await client.event(sent) != nil)
    }

    private func handle(_ failures: [EventBuffer.Failure]) { self.failures += failures }
}

@Suite("What programs call, from the main actor", .timeLimit(.minutes(1)))
struct InterfaceTests {
    @Test func `a client can be used from any actor`() async throws {
        try await withAPI { _, client in try await Program().run(client) }
    }

    @Test func `a buffer can be used from any actor`() async throws {
        try await withAPI { _, client in try await Program().buffer(client) }
    }
}
