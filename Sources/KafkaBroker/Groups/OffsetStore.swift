import Bytes
import KafkaProtocol

/// The committed offsets of all groups, as a journal tells them.
///
/// A plain value: it makes the journal's entries and takes them in again; whoever owns it writes them.
struct OffsetStore {
    struct Key: Hashable, Sendable {
        var topic: String
        var partition: Int32
    }

    struct Committed: Equatable, Sendable {
        var offset: Int64
        var leaderEpoch: Int32
        var metadata: String
        /// Milliseconds since 1970.
        var time: Int64
        /// Of which topic of that name: one that was deleted and made anew has no offsets yet.
        var topicID: KafkaUUID
    }

    private(set) var groups: [String: [Key: Committed]] = [:]
    /// How many bytes a journal of what is held would take, about.
    private(set) var liveBytes = 0

    // MARK: Entries

    private enum Kind: UInt8 {
        case commit = 1, delete = 2, deleteGroup = 3
    }

    static func commitEntry(_ group: String, _ key: Key, _ committed: Committed) -> ByteSlice {
        var writer = begin(.commit, group)
        write(key, to: &writer)
        writer.writeBigEndian(committed.offset)
        writer.writeBigEndian(committed.leaderEpoch)
        writer.writeText(committed.metadata)
        writer.writeBigEndian(committed.time)
        committed.topicID.write(to: &writer)
        return writer.finish()
    }

    static func deleteEntry(_ group: String, _ key: Key) -> ByteSlice {
        var writer = begin(.delete, group)
        write(key, to: &writer)
        return writer.finish()
    }

    static func deleteGroupEntry(_ group: String) -> ByteSlice { begin(.deleteGroup, group).finish() }

    private static func begin(_ kind: Kind, _ group: String) -> ByteWriter {
        var writer = ByteWriter(capacity: 128)
        writer.writeByte(kind.rawValue)
        writer.writeText(group)
        return writer
    }

    private static func write(_ key: Key, to writer: inout ByteWriter) {
        writer.writeText(key.topic)
        writer.writeBigEndian(key.partition)
    }

    /// Takes an entry in.
    ///
    /// - Returns: What it commits, and for which topic; nil for an entry that removes something.
    @discardableResult
    mutating func apply(_ entry: ByteSlice) throws(ByteError) -> (group: String, key: Key, topicID: KafkaUUID)? {
        var reader = ByteReader(entry)
        guard let kind = Kind(rawValue: try reader.readByte()) else {
            throw ByteError(.malformed, "an offset entry's kind", at: 0)
        }
        let group = try reader.readText("a group's name")
        if kind == .deleteGroup {
            remove(group)
            return nil
        }
        let key = Key(topic: try reader.readText("a topic's name"), partition: try reader.readBigEndian())
        guard kind == .commit else {
            remove(group, key)
            return nil
        }
        let committed = Committed(
            offset: try reader.readBigEndian(), leaderEpoch: try reader.readBigEndian(),
            metadata: try reader.readText("a commit's metadata"), time: try reader.readBigEndian(),
            topicID: try KafkaUUID(from: &reader))
        set(group, key, committed)
        return (group, key, committed.topicID)
    }

    // MARK: State

    mutating func set(_ group: String, _ key: Key, _ committed: Committed) {
        let old = groups[group, default: [:]].updateValue(committed, forKey: key)
        liveBytes += Self.cost(group, key, committed)
        if let old { liveBytes -= Self.cost(group, key, old) }
    }

    mutating func remove(_ group: String, _ key: Key) {
        guard let old = groups[group]?.removeValue(forKey: key) else { return }
        liveBytes -= Self.cost(group, key, old)
        if groups[group]?.isEmpty == true { groups[group] = nil }
    }

    mutating func remove(_ group: String) {
        for (key, old) in groups.removeValue(forKey: group) ?? [:] { liveBytes -= Self.cost(group, key, old) }
    }

    /// The keys, by group, of offsets whose topic is not there any more.
    func orphans(isThere: (String, KafkaUUID) -> Bool) -> [(group: String, key: Key)] {
        groups.flatMap { group, offsets in
            offsets.filter { !isThere($0.key.topic, $0.value.topicID) }.map { (group, $0.key) }
        }
    }

    /// How many bytes more would be held with this committed.
    func growth(_ group: String, _ key: Key, _ committed: Committed) -> Int {
        Self.cost(group, key, committed) - (groups[group]?[key].map { Self.cost(group, key, $0) } ?? 0)
    }

    private static func cost(_ group: String, _ key: Key, _ committed: Committed) -> Int {
        56 + group.utf8.count + key.topic.utf8.count + committed.metadata.utf8.count
    }

    /// A journal that holds what is held, and nothing else.
    func snapshot() -> ByteSlice {
        var writer = ByteWriter(capacity: liveBytes + 256)
        for (group, offsets) in groups {
            for (key, committed) in offsets { Journal.frame(Self.commitEntry(group, key, committed), into: &writer) }
        }
        return writer.finish()
    }
}
