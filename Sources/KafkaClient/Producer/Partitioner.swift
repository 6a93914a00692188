public import Bytes

/// Decides to which partition a record goes that names none.
public struct Partitioner: Sendable {
    enum Kind: Sendable {
        case hashed, inTurn
        case own(@Sendable (_ topic: String, _ key: ByteSlice?, _ count: Int32) -> Int32)
    }

    let kind: Kind

    /// A record with a key goes where its murmur2 hash says, as with the Java client; records without a key fill one
    /// partition's batch after the other's (KIP-480).
    public static let murmur2 = Partitioner(kind: .hashed)

    /// Each record goes to the next partition, whatever its key.
    public static let roundRobin = Partitioner(kind: .inTurn)

    /// As `choose` says.
    ///
    /// - Parameter choose: is given the topic, the key and how many partitions there are, and tells the partition's index; a
    ///   record for which it tells one that is not there is refused with `.unknownPartition`. It runs on the producer's
    ///   loop, and must not wait.
    public static func custom(
        _ choose: @escaping @Sendable (_ topic: String, _ key: ByteSlice?, _ count: Int32) -> Int32
    ) -> Partitioner { Partitioner(kind: .own(choose)) }

    /// The partition for a record.
    ///
    /// - Throws: `.unknownPartition`.
    func target(in topic: ProducerTopic, key: RawSpan?) throws(KafkaError) -> ProducerPartition {
        switch kind {
        case .hashed:
            if let key { return topic.partition(forKey: key) }
            return topic.stickyPartition()
        case .inTurn: return topic.partitionInTurn()
        case .own(let choose):
            var bytes: ByteSlice?
            if let key { bytes = ByteSlice(copying: key) }
            return try topic.partition(choose(topic.name, bytes, Int32(topic.count)))
        }
    }
}
