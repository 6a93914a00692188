import Bytes
import KafkaProtocol
import Synchronization
import Testing

@testable import KafkaBroker

@Suite struct JournalTests {
    private func open(_ path: String) throws -> (journal: Journal, size: Int, cut: Int, entries: [String]) {
        var entries: [String] = []
        let (journal, size, cut) = try Journal.open(path) { entries.append($0.utf8 ?? "") }
        return (journal, size, cut, entries)
    }

    private func framed(_ entries: String...) -> ByteSlice {
        var writer = ByteWriter()
        for entry in entries { Journal.frame(ByteSlice(utf8: entry), into: &writer) }
        return writer.finish()
    }

    @Test func entriesAreThereAgain() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/journal"
        let first = try open(path)
        #expect(first.entries.isEmpty)
        try first.journal.append(framed("one", "two"), at: 0, sync: true)
        let second = try open(path)
        #expect(second.entries == ["one", "two"])
        try second.journal.append(framed("three"), at: second.size, sync: false)
        #expect(try open(path).entries == ["one", "two", "three"])
    }

    @Test func aTornEntryIsCutWhereverItTears() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/journal"
        let whole = framed("one").count
        let all = framed("one", "two")
        for length in whole..<all.count {
            try Folder.replace(path, with: all.prefix(length))
            let opened = try open(path)
            #expect(opened.entries == ["one"])
            #expect(opened.size == whole)
            #expect(opened.cut == length - whole)
        }
        try Folder.replace(path, with: ByteSlice(all.array + [UInt8](repeating: 0, count: 100)))
        #expect(try open(path).entries == ["one", "two"])
    }

    @Test func aFullDiskLeavesTheJournalAsItWas() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/journal"
        let journal = try open(path).journal
        try journal.append(framed("one"), at: 0, sync: false)
        journal.file.room.store(3, ordering: .relaxed)
        #expect(throws: BrokerError.self) { try journal.append(framed("two"), at: framed("one").count, sync: false) }
        #expect(try open(path).entries == ["one"])
    }

    @Test func oneBrokerAtATimeWorksOnAFolder() throws {
        let folder = try TemporaryFolder()
        var lock: FolderLock? = try FolderLock(folder: folder.path)
        #expect(lock != nil)
        let error = #expect(throws: BrokerError.self) { try FolderLock(folder: folder.path) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process") == true)
        lock = nil
        #expect(throws: Never.self) { try FolderLock(folder: folder.path) }
    }
}

@Suite struct OffsetStoreTests {
    private let topic = KafkaUUID(high: 1, low: 2)

    private func committed(_ offset: Int64) -> OffsetStore.Committed {
        OffsetStore.Committed(offset: offset, leaderEpoch: 0, metadata: "m", time: 5, topicID: topic)
    }

    @Test func entriesTellTheState() throws {
        var store = OffsetStore()
        let key = OffsetStore.Key(topic: "t", partition: 1)
        let other = OffsetStore.Key(topic: "t", partition: 2)
        try store.apply(OffsetStore.commitEntry("g", key, committed(5)))
        try store.apply(OffsetStore.commitEntry("g", key, committed(9)))
        try store.apply(OffsetStore.commitEntry("g", other, committed(1)))
        #expect(store.groups["g"]?[key] == committed(9))
        try store.apply(OffsetStore.deleteEntry("g", other))
        #expect(store.groups["g"]?.count == 1)
        try store.apply(OffsetStore.deleteGroupEntry("g"))
        #expect(store.groups.isEmpty)
        #expect(store.liveBytes == 0)
    }

    @Test func aSnapshotHoldsTheSame() throws {
        let folder = try TemporaryFolder()
        var store = OffsetStore()
        for index in 0..<100 {
            let key = OffsetStore.Key(topic: "t\(index % 7)", partition: Int32(index))
            try store.apply(OffsetStore.commitEntry("g\(index % 3)", key, committed(Int64(index))))
        }
        try Folder.replace("\(folder.path)/offsets", with: store.snapshot())
        var again = OffsetStore()
        let opened = try Journal.open("\(folder.path)/offsets") { entry throws(ByteError) in try again.apply(entry) }
        #expect(opened.cut == 0)
        #expect(again.groups == store.groups)
        #expect(abs(again.liveBytes - opened.size) < opened.size / 4)
    }

    @Test func offsetsOfATopicThatWasMadeAnewAreOrphans() throws {
        var store = OffsetStore()
        store.set("g", OffsetStore.Key(topic: "t", partition: 0), committed(5))
        #expect(store.orphans { $0 == "t" && $1 == topic }.isEmpty)
        #expect(store.orphans { name, id in name == "t" && id == .zero }.count == 1)
    }

    @Test func damagedEntriesAreRefused() throws {
        let entry = OffsetStore.commitEntry("g", OffsetStore.Key(topic: "t", partition: 0), committed(5))
        for length in 0..<entry.count {
            var store = OffsetStore()
            #expect(throws: ByteError.self) { try store.apply(entry.prefix(length)) }
        }
    }
}

@Suite struct CatalogTests {
    @Test func theCatalogIsThereAgain() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/catalog"
        #expect(try Catalog.load(path) == nil)
        var catalog = Catalog(clusterID: .random())
        catalog.nextProducerID = 4_000
        for index in 0..<20 {
            catalog.topics["t\(index)"] = .init(
                id: .random(), name: "t\(index)", partitions: 3, settings: ["retention.ms": "\(index)"])
        }
        try Folder.replace(path, with: catalog.sealed())
        #expect(try Catalog.load(path) == catalog)
        var bytes = catalog.sealed().array
        bytes[40] ^= 1
        try Folder.replace(path, with: ByteSlice(bytes))
        let error = #expect(throws: BrokerError.self) { try Catalog.load(path) }
        #expect(error?.code == .damaged)
    }
}
