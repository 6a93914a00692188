import Events
import KafkaClient
import Transport

/// Tells the leases of the group's calls, and lets partitions go once they are settled.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone, where the consumer
///   calls its listener, too.
final class Assignment: ConsumerListener, @unchecked Sendable {
    var leases: PartitionLeases
    /// Announces that a batch was done with, or a commit tried, or that nothing more is read.
    private let settled: LoopSignal
    /// Whether nothing more is read, applied or committed: no partition is worth a wait.
    private var hasEnded = false

    init(cacheBytes: Int, on loop: EventLoop) {
        settled = LoopSignal(on: loop)
        leases = PartitionLeases(cacheBytes: cacheBytes)
    }

    /// The batch at hand is done with, and what was applied is committed, as far as that was possible.
    func settle() {
        leases.release()
        settled.signal()
    }

    /// Nothing more is read, applied or committed.
    func end() {
        hasEnded = true
        settle()
    }

    // MARK: The consumer's calls

    func assigned(_ partitions: [TopicPartition]) async { leases.assign(partitions.map(\.partition)) }

    func revoking(_ partitions: [TopicPartition]) async {
        let taken = partitions.map(\.partition)
        leases.revoke(taken)
        while !hasEnded, !leases.isSettled(taken) {
            // Cancelled where the rebalance does not wait any longer: what is held then is applied, and not committed.
            do { try await settled.wait() } catch { break }
        }
        leases.giveUp(taken)
    }

    func lost(_ partitions: [TopicPartition]) async { leases.giveUp(partitions.map(\.partition)) }
}
