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
        let size = row(1).size
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
        #expect(cache.bytes == row(0).size * 5)
    }

    @Test func staysWithinItsBoundForEver() {
        var cache = RowCache(limit: 100_000)
        for number in 0..<100_000 { cache.insert(row(number % 5000), partition: 0) }
        #expect(cache.bytes <= 100_000)
        #expect(cache.count <= 100_000 / row(0).size)
    }
}
