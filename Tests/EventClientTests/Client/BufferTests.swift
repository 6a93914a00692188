import Foundation
import Synchronization
import TestSupport
import Testing
import Transport

@testable import EventClient

/// What was handed over.
private final class Failures: Sendable {
    private let list = Mutex<[EventBuffer.Failure]>([])
    var all: [EventBuffer.Failure] { list.withLock { $0 } }
    var handler: @Sendable ([EventBuffer.Failure]) async -> Void {
        { failures in self.list.withLock { $0 += failures } }
    }
}

@Suite(.timeLimit(.minutes(2))) struct BufferTests {
    @Test func `sends all in batches, through faults, bounded`() async throws {
        try await withAPI({ $0.batchEvents = 100 }) { api, client in
            let failures = Failures()
            var configuration = EventBufferConfiguration()
            configuration.maximumEvents = 250
            configuration.interval = .milliseconds(20)
            api.fail(.status(503), .cut, .text("x"), .status(429, retryAfter: "0"))
            let ids = try await withEventBuffer(of: client, configuration: configuration, onFailure: failures.handler) {
                buffer in
                try await withThrowingTaskGroup(of: [UUID].self) { tasks in
                    for _ in 0..<8 {
                        tasks.addTask {
                            var ids: [UUID] = []
                            for _ in 0..<250 {
                                ids.append(try await buffer.track(event()))
                                let count = await buffer.count
                                #expect(count <= 250)
                            }
                            return ids
                        }
                    }
                    var all: [UUID] = []
                    for try await ids in tasks { all += ids }
                    try await buffer.flush()
                    #expect(api.ids == Set(all))
                    all.append(try await buffer.track(event()))
                    return all
                }
            }
            #expect(ids.count == 2_001 && api.ids == Set(ids) && failures.all.isEmpty)
            // What came while nothing was said is when it was tracked.
            #expect(api.state.withLock { $0.events.values.allSatisfy { $0.createdAt != nil } })
        }
    }

    @Test func `time alone sends`() async throws {
        try await withAPI { api, client in
            let failures = Failures()
            var configuration = EventBufferConfiguration()
            configuration.interval = .milliseconds(10)
            try await withEventBuffer(of: client, configuration: configuration, onFailure: failures.handler) { buffer in
                let id = try await buffer.track(event())
                try await until { api.ids == [id] }
            }
        }
    }

    @Test func `refused events are handed over, the others go on`() async throws {
        try await withAPI { api, client in
            let failures = Failures()
            let (good, wrong) = (event(), event("refused"))
            try await withEventBuffer(of: client, onFailure: failures.handler) { buffer in
                try await buffer.track(good)
                try await buffer.track(wrong)
                try await buffer.flush()
                #expect(failures.all.map(\.event.id) == [wrong.id] && failures.all[0].error.code == .validation)
                #expect(await failure { try await buffer.track(event("")) }?.field == "event_name")
            }
            #expect(api.ids == [good.id] && failures.all.count == 1)
        }
    }

    @Test func `what is not sent in time is handed over`() async throws {
        try await withAPI { api, client in
            api.state.withLock { $0.isAway = true }
            let failures = Failures()
            let events = (0..<50).map { _ in event() }
            try await withEventBuffer(of: client, closingWithin: .milliseconds(100), onFailure: failures.handler) {
                buffer in
                for event in events { try await buffer.track(event) }
                let error = await failure { try await buffer.flush(within: .milliseconds(20)) }
                #expect(error?.code == .unavailable)
                // More come while the first are on their way.
                try await buffer.track(event())
            }
            #expect(failures.all.count == 51 && Set(failures.all.map(\.event.id)).isSuperset(of: events.map(\.id)))
            #expect(failures.all.allSatisfy { $0.error.code == .closed })
            // To send them again is safe, as they keep their ids.
            api.state.withLock { $0.isAway = false }
            try await client.trackEvents(failures.all.map(\.event))
            #expect(api.ids.count == 51)
        }
    }

    @Test func `patience ends, and the rest goes on`() async throws {
        try await withAPI { api, client in
            api.state.withLock { $0.isAway = true }
            let failures = Failures()
            var configuration = EventBufferConfiguration()
            configuration.patience = .milliseconds(50)
            configuration.interval = .zero
            try await withEventBuffer(of: client, configuration: configuration, onFailure: failures.handler) { buffer in
                let lost = try await buffer.track(event())
                try await until { failures.all.map(\.event.id) == [lost] }
                #expect(failures.all[0].error.code == .unavailable)
                api.state.withLock { $0.isAway = false }
                let id = try await buffer.track(event())
                try await buffer.flush()
                #expect(api.ids == [id])
            }
        }
    }

    @Test func `a cancelled run hands over what is left`() async throws {
        try await withAPI { api, client in
            api.state.withLock { $0.isAway = true }
            let failures = Failures()
            let buffer = try EventBuffer(of: client, onFailure: failures.handler)
            let run = Task { try await buffer.run() }
            for _ in 0..<5 { try await buffer.track(event()) }
            let flush = Task { await failure { try await buffer.flush() } }
            try await until { !api.requests.isEmpty }
            run.cancel()
            try await run.value
            #expect(await flush.value == nil)
            #expect(failures.all.count == 5)
            #expect(await failure { try await buffer.track(event()) }?.code == .closed)
            #expect(await failure { try await buffer.run() }?.code == .closed)
            await buffer.close()
            #expect(await buffer.count == 0)
        }
    }

    @Test func `without run there is no room for ever, and close hands over`() async throws {
        try await withAPI { _, client in
            let failures = Failures()
            var configuration = EventBufferConfiguration()
            configuration.maximumEvents = 2
            configuration.roomTimeout = .milliseconds(20)
            let buffer = try EventBuffer(of: client, configuration: configuration, onFailure: failures.handler)
            try await buffer.track(event())
            try await buffer.track(event())
            let error = await failure { try await buffer.track(event()) }
            #expect(error?.code == .bufferFull && error?.message.contains("run()") == true)
            await buffer.close()
            #expect(failures.all.count == 2)
            #expect(await failure { try await buffer.run() }?.code == .closed)
        }
    }

    @Test func `a cancelled track takes nothing`() async throws {
        try await withAPI { api, client in
            api.state.withLock { $0.isAway = true }
            let failures = Failures()
            var configuration = EventBufferConfiguration()
            configuration.maximumEvents = 1
            try await withEventBuffer(
                of: client, configuration: configuration, closingWithin: .milliseconds(10), onFailure: failures.handler
            ) { buffer in
                let first = try await buffer.track(event())
                let waiting = Task { await failure { try await buffer.track(event()) } }
                try await until { !api.requests.isEmpty }
                waiting.cancel()
                #expect(await waiting.value?.code == .cancelled)
                #expect(await buffer.count == 1)
                _ = first
            }
            #expect(failures.all.count == 1)
        }
    }

    @Test func `a client that was closed before hands over all`() async throws {
        try await withAPI { api, client in
            api.state.withLock { $0.isAway = true }
            let failures = Failures()
            try await withEventBuffer(of: client, onFailure: failures.handler) { buffer in
                for _ in 0..<3 { try await buffer.track(event()) }
                await client.close()
            }
            #expect(failures.all.count == 3)
        }
    }
}
