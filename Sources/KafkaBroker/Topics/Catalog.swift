import Bytes
import KafkaProtocol

/// What the broker knows of itself and its topics: kept in one small file that is put in place whole.
struct Catalog: Equatable, Sendable {
    struct Topic: Equatable, Sendable {
        var id: KafkaUUID
        var name: String
        var partitions: Int32
        /// What was set when it was made, by Kafka's names.
        var settings: [String: String]
    }

    static let version: UInt32 = 1
    /// How many producer ids are set aside with each write of the catalog.
    static let producerIDBlock: Int64 = 1_000

    var clusterID: KafkaUUID
    /// No producer id from here on was ever given out.
    var nextProducerID: Int64 = 0
    var topics: [String: Topic] = [:]

    init(clusterID: KafkaUUID) { self.clusterID = clusterID }

    func sealed() -> ByteSlice {
        var writer = ByteWriter(capacity: 1024)
        clusterID.write(to: &writer)
        writer.writeBigEndian(nextProducerID)
        writer.writeVarint(UInt64(topics.count))
        for topic in topics.values.sorted(by: { $0.name < $1.name }) {
            topic.id.write(to: &writer)
            writer.writeText(topic.name)
            writer.writeBigEndian(topic.partitions)
            writer.writeVarint(UInt64(topic.settings.count))
            for (name, value) in topic.settings.sorted(by: { $0.key < $1.key }) {
                writer.writeText(name)
                writer.writeText(value)
            }
        }
        return Sealed.seal(version: Self.version, writer.finish())
    }

    /// Reads the catalog's file; nil where there is none yet.
    ///
    /// - Throws: `BrokerError` `.damaged` where it is not what this broker writes: without it no log has a name.
    static func load(_ path: String) throws(BrokerError) -> Catalog? {
        guard let bytes = try Folder.contents(of: path) else { return nil }
        guard let payload = Sealed.open(version: version, bytes), let catalog = try? Catalog(payload) else {
            throw BrokerError(
                .damaged, "\(path) is damaged, or of a newer version: put it back from a copy of the data folder",
                path: path)
        }
        return catalog
    }

    private init(_ payload: ByteSlice) throws(ByteError) {
        var reader = ByteReader(payload)
        clusterID = try KafkaUUID(from: &reader)
        nextProducerID = try reader.readBigEndian()
        for _ in 0..<(try reader.readCount("topics", size: 22)) {
            let id = try KafkaUUID(from: &reader)
            let name = try reader.readText("a topic's name")
            var topic = Topic(id: id, name: name, partitions: try reader.readBigEndian(), settings: [:])
            for _ in 0..<(try reader.readCount("a topic's settings", size: 2)) {
                let setting = try reader.readText("a setting's name")
                topic.settings[setting] = try reader.readText("a setting's value")
            }
            topics[name] = topic
        }
    }
}
