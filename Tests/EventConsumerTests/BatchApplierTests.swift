import Bytes
import Events
import EventStore
import KafkaProtocol
import Testing

@testable import EventConsumer

@Suite struct BatchApplierTests {
    /// The id of that number.
    static func id(_ number: Int) -> EventID { EventID(high: 0x0189_0a5d_ac96_7000, low: UInt64(number)) }

    static func create(_ number: Int, input: String = "in") -> String {
        """
        {"operation":"create","event_id":"\(id(number))","timestamp":"2026-01-09T12:34:56.789Z",
        "data":{"conversation_id":"c","event_name":"event_a","input":"\(input)"}}
        """
    }

    static func update(_ number: Int, _ fields: String) -> String {
        """
        {"operation":"update","event_id":"\(id(number))","timestamp":"2026-01-09T12:35:00.000Z","data":{\(fields)}}
        """
    }

    static func delete(_ number: Int) -> String {
        #"{"operation":"delete","event_id":"\#(id(number))","timestamp":"2026-01-09T12:36:00.000Z"}"#
    }

    /// Messages as a batch, at the offsets from `first` on.
    static func batch(_ messages: [String], from first: Int64 = 0) -> OperationBatch {
        var batch = OperationBatch(epoch: 1)
        for (index, message) in messages.enumerated() {
            batch.append(
                Record(offset: first + Int64(index), timestamp: 0, key: nil, value: ByteSlice(utf8: message)),
                partition: 0)
        }
        return batch
    }

    private func apply(
        _ batch: OperationBatch, to store: MemoryStore, insertBytes: Int = 1 << 20, cache: [EventID: Event] = [:]
    ) async throws -> BatchResult {
        try await BatchApplier(store: store, insertBytes: insertBytes)
            .apply(batch, known: cache, written: { _, _ in })
    }

    @Test func aLifeInOneBatchIsOneLookUpAndOneInsert() async throws {
        let store = MemoryStore()
        let result = try await apply(
            Self.batch([
                Self.create(1), Self.create(2), Self.update(1, #""input":"","error":"e""#), Self.delete(2),
                Self.create(1, input: "again"), Self.update(3, #""input":"x""#), Self.delete(2),
            ]), to: store)
        #expect(store.lookups == [2 + 1])
        #expect(store.inserts == 1)
        #expect(store.wholeRows == 0)
        #expect(result[.applied] == 4)
        #expect(result[.exists] == 1)
        #expect(result[.unknown] == 1)
        #expect(result[.deleted] == 1)
        #expect(store.rows[Self.id(1)]?.input == ByteSlice.empty)
        #expect(store.rows[Self.id(1)]?.error == ByteSlice(utf8: "e"))
        #expect(store.rows[Self.id(1)]?.version == EventVersion(epoch: 1, offset: 2))
        #expect(store.rows[Self.id(2)]?.isDeleted == true)
        #expect(store.rows[Self.id(3)] == nil)
        #expect(store.keys == [Self.id(1), Self.id(2)])
    }

    @Test func anUpdateKeepsTheFieldsThatItDoesNotName() async throws {
        let store = MemoryStore()
        _ = try await apply(Self.batch([Self.create(1, input: "kept")]), to: store)
        let result = try await apply(Self.batch([Self.update(1, #""output":"new""#)], from: 10), to: store)
        #expect(result[.applied] == 1)
        #expect(store.wholeRows == 1)
        #expect(store.rows[Self.id(1)]?.input == ByteSlice(utf8: "kept"))
        #expect(store.rows[Self.id(1)]?.output == ByteSlice(utf8: "new"))
    }

    @Test func aDeleteNeedsNoWholeRow() async throws {
        let store = MemoryStore()
        _ = try await apply(Self.batch([Self.create(1)]), to: store)
        _ = try await apply(Self.batch([Self.update(1, #""output":"new""#), Self.delete(1)], from: 10), to: store)
        #expect(store.wholeRows == 0)
        #expect(store.rows[Self.id(1)]?.isDeleted == true)
        #expect(store.rows[Self.id(1)]?.conversationID == ByteSlice(utf8: "c"))
    }

    @Test func whatIsCachedIsNotLookedUp() async throws {
        let store = MemoryStore()
        _ = try await apply(Self.batch([Self.create(1, input: "kept")]), to: store)
        let cache = store.rows
        _ = try await apply(Self.batch([Self.update(1, #""output":"new""#)], from: 10), to: store, cache: cache)
        #expect(store.lookups == [1])
        #expect(store.rows[Self.id(1)]?.input == ByteSlice(utf8: "kept"))
    }

    @Test(arguments: [0, 1, 2, 3, 5, 100]) func aBatchThatIsCutOffAnywhereIsAppliedAgainWithoutEffect(
        inserts: Int
    ) async throws {
        let messages =
            (0..<20).map { Self.create($0) } + (0..<20).map { Self.update($0, #""output":"\#($0)""#) }
            + (0..<5).map { Self.delete($0) }
        let whole = MemoryStore()
        for (offset, message) in messages.enumerated() {
            _ = try await apply(Self.batch([message], from: Int64(offset)), to: whole)
        }
        let store = MemoryStore()
        store.insertsUntilFailure = inserts
        // Small inserts, so that there are many places to be cut off at.
        let batch = Self.batch(messages)
        _ = try? await apply(batch, to: store, insertBytes: 700)
        store.insertsUntilFailure = .max
        _ = try await apply(batch, to: store, insertBytes: 700)
        // Delivered again in other batches, from the start.
        for start in stride(from: 0, to: messages.count, by: 7) {
            let part = Array(messages[start..<min(start + 7, messages.count)])
            let result = try await apply(Self.batch(part, from: Int64(start)), to: store)
            #expect(result.rows == 0)
            #expect(result[.redelivered] == part.count)
        }
        #expect(store.rows.mapValues(\.version) == whole.rows.mapValues(\.version))
        #expect(store.rows.mapValues(\.output) == whole.rows.mapValues(\.output))
        #expect(store.rows.mapValues(\.isDeleted) == whole.rows.mapValues(\.isDeleted))
    }

    @Test func largeRowsAreReadAndWrittenInParts() async throws {
        let store = MemoryStore()
        let text = String(repeating: "x", count: 10_000)
        _ = try await apply(Self.batch((0..<50).map { Self.create($0, input: text) }), to: store)
        let before = store.inserts
        _ = try await apply(
            Self.batch((0..<50).map { Self.update($0, #""output":"y""#) }, from: 100), to: store, insertBytes: 50_000)
        #expect(store.inserts - before >= 9)
        #expect(store.rows.values.allSatisfy { $0.output == ByteSlice(utf8: "y") && $0.input.count == 10_000 })
    }

    @Test func whatCanNeverBeAppliedIsPutAside() {
        var batch = Self.batch(["hello", Self.create(1), #"{"operation":"update"}"#])
        batch.append(Record(offset: 3, timestamp: 0, key: nil, value: nil), partition: 2)
        #expect(batch.chains.count == 1)
        #expect(batch.count == 4)
        #expect(
            batch.deadLetters.map(\.reason) == [
                "body: a JSON value must stand here (at byte 0)", "event_id: is required",
                "body: the message has no value",
            ])
        #expect(batch.deadLetters.map(\.offset) == [0, 2, 3])
        #expect(batch.deadLetters.map(\.partition) == [0, 0, 2])
    }
}
