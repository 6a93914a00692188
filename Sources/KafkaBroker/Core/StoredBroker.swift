import Bytes
import KafkaProtocol

/// What a data folder holds, as it is read at the start by a thread that may block.
struct StoredBroker: Sendable {
    var catalog: Catalog
    var logs: [String: [RecoveredLog]] = [:]
    var offsets = OffsetStore()
    var offsetJournal: Journal
    var offsetJournalSize: Int
    /// What an operator should know of the start.
    var remarks: [String] = []
    var lock: FolderLock

    static func catalogPath(_ folder: String) -> String { "\(folder)/catalog" }
    static func topicFolder(_ folder: String, _ id: KafkaUUID) -> String { "\(folder)/topics/\(id)" }
    static func partitionFolder(_ folder: String, _ id: KafkaUUID, _ index: Int32) -> String {
        "\(topicFolder(folder, id))/\(index)"
    }

    /// Takes the folder and reads it; a new one is made ready.
    static func open(_ folder: String, now: Int64) throws(BrokerError) -> StoredBroker {
        try Folder.make("\(folder)/topics")
        let lock = try FolderLock(folder: folder)
        let catalog: Catalog
        if let stored = try Catalog.load(catalogPath(folder)) {
            catalog = stored
        } else {
            let orphans = try Folder.names(in: "\(folder)/topics")
            guard orphans.isEmpty else {
                throw BrokerError(
                    .damaged,
                    "\(folder) holds topics, but its catalog is missing: put the catalog back, or choose another folder",
                    path: catalogPath(folder))
            }
            catalog = Catalog(clusterID: .random())
            try Folder.replace(catalogPath(folder), with: catalog.sealed())
        }
        var offsets = OffsetStore()
        let (journal, size, cut) = try Journal.open("\(folder)/offsets") { entry throws(ByteError) in
            try offsets.apply(entry)
        }
        var stored = StoredBroker(
            catalog: catalog, offsets: offsets, offsetJournal: journal, offsetJournalSize: size, lock: lock)
        if cut > 0 { stored.remarks.append("cut \(cut) torn bytes off the journal of committed offsets") }
        try stored.removeOrphans(folder)
        for topic in catalog.topics.values.sorted(by: { $0.name < $1.name }) {
            for index in 0..<topic.partitions {
                try stored.recover(topic, index, folder: folder, now: now)
            }
        }
        return stored
    }

    /// Removes what is left of topics whose making or removal was cut short.
    private func removeOrphans(_ folder: String) throws(BrokerError) {
        let known = Set(catalog.topics.values.map(\.id.description))
        for name in try Folder.names(in: "\(folder)/topics") where !known.contains(name) {
            try Folder.remove(tree: "\(folder)/topics/\(name)")
        }
    }

    private mutating func recover(
        _ topic: Catalog.Topic, _ index: Int32, folder: String, now: Int64
    ) throws(BrokerError) {
        let log = try RecoveredLog.open(Self.partitionFolder(folder, topic.id, index), now: now)
        if log.cutBytes > 0 {
            remarks.append("\(topic.name)/\(index): cut \(log.cutBytes) bytes behind the last whole batch")
        }
        if !log.damaged.isEmpty {
            remarks.append(
                "\(topic.name)/\(index): damaged before its end; set aside: \(log.damaged.joined(separator: ", "))")
        }
        logs[topic.name, default: []].append(log)
    }
}
