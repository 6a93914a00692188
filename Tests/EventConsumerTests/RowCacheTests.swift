import Bytes
import Events
import Testing

@testable import EventConsumer

@Suite struct RowCacheTests {
    private func row(_ number: Int, version: UInt64 = 1) -> Event {
        Event(
            id: BatchApplierTests.id(number), conversationID: ByteSlice(utf8: "c"),
            createdAt: Timestamp(milliseconds: 0),
            updatedAt: Timestamp(milliseconds: 0), isDeleted: false, version: EventVersion(rawValue: version))
    }

    @Test func theOldestRowsGoFirst() {
        let size = CachedRow(row(1)).cost
        var cache = RowCache(limit: size * 3)
        for number in 1...3 { cache.insert(row(number), partition: 0) }
        // Written again, so that it is the newest.
        cache.insert(row(1, version: 2), partition: 0)
        cache.insert(row(4), partition: 0)
        #expect(cache.row(BatchApplierTests.id(1), partition: 0)?.version.rawValue == 2)
        #expect(cache.row(BatchApplierTests.id(2), partition: 0) == nil)
        #expect(cache.count == 3)
        #expect(cache.bytes == size * 3)
    }

    @Test func aPartitionsRowsAreForgottenWithIt() {
        var cache = RowCache(limit: 1 << 20)
        for number in 0..<10 { cache.insert(row(number), partition: Int32(number % 2)) }
        cache.remove(partitions: [1])
        #expect(cache.count == 5)
        #expect(cache.row(BatchApplierTests.id(1), partition: 0) == nil)
        #expect(cache.row(BatchApplierTests.id(2), partition: 0) != nil)
        #expect(cache.bytes == CachedRow(row(0)).cost * 5)
    }

    @Test func staysWithinItsBoundForEver() {
        var cache = RowCache(limit: 100_000)
        for number in 0..<100_000 { cache.insert(row(number % 5000), partition: 0) }
        #expect(cache.bytes <= 100_000)
        #expect(cache.count <= 100_000 / CachedRow(row(0)).cost)
    }

    @Test func aRowComesBackAsItWas() throws {
        var event = row(1, version: 7)
        event.conversationMetadata = ByteSlice(utf8: "{}")
        event.eventName = ByteSlice(utf8: "name")
        event.error = ByteSlice(utf8: "error")
        event.latency = 2.5
        event.output = ByteSlice(utf8: "out")
        event.inputEmbeddings = [1, 2]
        event.outputEmbeddings = [3]
        var cache = RowCache(limit: 10_000)
        cache.insert(event, partition: 3)
        #expect(cache.row(event.id, partition: 2) == nil)
        let found = try #require(cache.row(event.id, partition: 3))
        #expect(found.version == event.version)
        for field in [\Event.conversationID, \.conversationMetadata, \.eventName, \.error, \.input, \.output] {
            #expect(found[keyPath: field] == event[keyPath: field])
        }
        #expect(found.latency == 2.5 && found.inputEmbeddings == [1, 2] && found.outputEmbeddings == [3])
        #expect(found.createdAt == event.createdAt && found.updatedAt == event.updatedAt && !found.isDeleted)
    }
}
