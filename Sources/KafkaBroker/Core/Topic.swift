import KafkaProtocol

/// A topic as the broker serves it.
///
/// Belongs to the broker's loop.
final class Topic {
    private(set) var info: Catalog.Topic
    private(set) var partitions: [Partition]

    init(_ info: Catalog.Topic, partitions: [Partition]) {
        self.info = info
        self.partitions = partitions
    }

    var id: KafkaUUID { info.id }
    var name: String { info.name }

    func partition(_ index: Int32) -> Partition? {
        index >= 0 && index < partitions.count ? partitions[Int(index)] : nil
    }

    /// Takes further partitions in.
    func extend(_ info: Catalog.Topic, with more: [Partition]) {
        self.info = info
        partitions += more
    }
}
