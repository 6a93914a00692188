import Events
import KafkaClient
import Transport

/// Which partitions this consumer has, what it holds of them at the moment, and the rows that it wrote lately.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone, where the consumer
///   calls its listener, too.
final class Assignment: ConsumerListener, @unchecked Sendable {
    private let released: LoopSignal
    /// The partitions, each with the number of the assignment that brought it.
    private var generations: [Int32: Int] = [:]
    private var generation = 0
    /// The partitions of the batch that is being collected or applied.
    private var held: Set<Int32> = []
    private(set) var cache: RowCache

    /// Whether partitions are waited for: a batch should be ended soon.
    private(set) var isRevoking = false

    init(cacheBytes: Int, on loop: EventLoop) {
        released = LoopSignal(on: loop)
        cache = RowCache(limit: cacheBytes)
    }

    var partitions: [Int32] { generations.keys.sorted() }

    // MARK: The batch

    /// Notes that records of a partition are held now. Gives the assignment's number.
    func hold(_ partition: Int32) -> Int {
        held.insert(partition)
        return generations[partition] ?? 0
    }

    /// The batch was applied and committed, or given up.
    func release() {
        held.removeAll()
        released.signal()
    }

    /// Keeps a row that was written, unless its partition was taken away meanwhile.
    func keep(_ row: Event, partition: Int32, generation: Int) {
        guard generations[partition] == generation else { return }
        cache.insert(row.copied(), partition: partition)
    }

    // MARK: The consumer's calls

    func assigned(_ partitions: [TopicPartition]) async {
        generation += 1
        for partition in partitions { generations[partition.partition] = generation }
    }

    func revoking(_ partitions: [TopicPartition]) async {
        let taken = Set(partitions.map(\.partition))
        isRevoking = true
        while !held.isDisjoint(with: taken) {
            // Cancelled where the rebalance does not wait any longer: what is held then is applied, and not committed.
            do { try await released.wait() } catch { break }
        }
        isRevoking = false
        forget(taken)
    }

    func lost(_ partitions: [TopicPartition]) async {
        forget(Set(partitions.map(\.partition)))
    }

    private func forget(_ partitions: Set<Int32>) {
        for partition in partitions { generations[partition] = nil }
        cache.remove(partitions: partitions)
    }
}
