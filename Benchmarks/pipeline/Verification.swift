import Bytes
import JSON
import Transport

/// Finds out when every operation is visible, and whether the final state is exactly the expected one.
struct Verification {
    let target: Target
    let workload: Workload
    let settings: Settings

    /// Reads conversations until each has exactly the expected events; returns when the last one has.
    ///
    /// Each one is read until it is right, so the time that this takes bounds the time to visibility from above.
    ///
    /// - Throws: `BenchmarkError` with the first difference that is still there when the time is over.
    func run(on loop: EventLoop) async throws {
        let (updated, deleted) = workload.outcome()
        let deadline = Deadline.after(settings.visibleWithin)
        let next = LoopBound(0, on: loop)
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(settings.concurrency, 8) {
                group.addTask(executorPreference: loop) {
                    while next.value < workload.conversations {
                        let number = next.value
                        next.value += 1
                        if number % 500 == 0 {
                            progress.show("checked: \(number) of \(workload.conversations) conversations")
                        }
                        let wanted = expected(number, updated, deleted)
                        while let difference = try await difference(number, wanted) {
                            guard !deadline.hasPassed else { throw BenchmarkError(difference) }
                            try await loop.sleep(for: .milliseconds(50))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        progress.end()
    }

    /// What an event must look like.
    private struct State: Equatable {
        var name: String
        var error: String
        var latency: Double
        var input: String
    }

    private func expected(_ conversation: Int, _ updated: Set<Int>, _ deleted: Set<Int>) -> [String: State] {
        var events: [String: State] = [:]
        for event in stride(from: conversation, to: workload.creates, by: workload.conversations)
        where !deleted.contains(event) {
            var state = State(
                name: workload.name(of: event), error: workload.fails(event) ? Workload.failure : "",
                latency: Double(event % 900) + Double(event % 10) / 10, input: workload.input(of: event))
            if updated.contains(event) {
                state.error = Workload.correction
                state.latency = Double(event % 700)
            }
            events[workload.id(of: event)] = state
        }
        return events
    }

    /// The first difference between what is there and what should be, or nil.
    private func difference(_ number: Int, _ expected: [String: State]) async throws -> String? {
        let name = workload.conversationName(number)
        let body = try await target.get("/events/conversation/\(name)")
        var found: [String: State] = [:]
        for (id, state) in try Self.events(body) {
            guard found.updateValue(state, forKey: id) == nil else { return "\(name): \(id) is there twice" }
        }
        if let (id, state) = expected.first(where: { found[$0.key] != $0.value }) {
            return "\(name): \(id) should be \(state), is \(found[id].map { "\($0)" } ?? "missing")"
        }
        if let extra = found.first(where: { expected[$0.key] == nil }) {
            return "\(name): \(extra.key) should not be there"
        }
        return nil
    }

    /// The events in an answer's `data`.
    private static func events(_ body: ByteSlice) throws -> [(String, State)] {
        var reader = JSONReader(body.span)
        var events: [(String, State)] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard key.is("data") else {
                try reader.skip()
                continue
            }
            try reader.beginArray()
            while try reader.nextElement() { events.append(try event(&reader)) }
        }
        return events
    }

    private static func event(_ reader: inout JSONReader) throws -> (String, State) {
        var id = ""
        var state = State(name: "", error: "", latency: 0, input: "")
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if key.is("id") {
                id = try reader.readString().text
            } else if key.is("event_name") {
                state.name = try reader.readString().text
            } else if key.is("error") {
                state.error = try reader.readString().text
            } else if key.is("input") {
                state.input = try reader.readString().text
            } else if key.is("latency") {
                state.latency = try reader.readDouble()
            } else {
                try reader.skip()
            }
        }
        return (id, state)
    }
}
