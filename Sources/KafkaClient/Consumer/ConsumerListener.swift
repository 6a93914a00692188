/// What a program is told when partitions come and go. All calls come on the consumer's loop, one after the other.
public protocol ConsumerListener: Sendable {
    /// These partitions will be read from now on; called before their first records are given out.
    func assigned(_ partitions: [TopicPartition]) async

    /// These partitions go to other members once this returns: finish and commit. Until then they are this consumer's:
    /// `KafkaConsumer.assignment` names them, and `commit` takes their offsets. No more of their records are given out,
    /// and the group goes on hearing heartbeats meanwhile. The task is cancelled when the rebalance does not wait any
    /// longer, or when the partitions are lost; then `lost` is called once this has returned.
    ///
    /// A reader that notes what it holds should run on the consumer's loop: then nothing is revoked between `next` and
    /// that note.
    func revoking(_ partitions: [TopicPartition]) async

    /// These partitions belong to others already, or `run()` was cancelled: nothing of them can be committed any more.
    func lost(_ partitions: [TopicPartition]) async
}
