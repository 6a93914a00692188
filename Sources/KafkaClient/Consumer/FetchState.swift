import KafkaProtocol
import Transport

/// Where reading stands in one assigned partition.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on the consumer's loop alone.
final class FetchState: @unchecked Sendable {
    let partition: TopicPartition
    /// The id of the topic that `position` is in; nil until the cluster tells.
    var topicID: KafkaUUID?
    /// The next offset to ask for; nil until it is known where to begin.
    var position: Int64?
    /// How many fetched bytes wait for the reader.
    var bufferedBytes = 0
    var isPaused = false
    /// Whether a request that asks for it is on its way.
    var isInFlight = false
    /// Before this it is not asked for: the back-off after a failure.
    var notBefore = Deadline.distantPast
    var failures = 0
    var stall = StallReporter()
    /// The end of what may be read; −1 until the first answer.
    var highWatermark: Int64 = -1
    /// The offset behind the last record that the reader was given.
    var delivered: Int64?

    init(_ partition: TopicPartition) { self.partition = partition }

    /// How many records the reader is behind, or nil where that is not known yet.
    var lag: Int64? {
        guard highWatermark >= 0, let position = delivered ?? position else { return nil }
        return position.records(to: highWatermark)
    }
}
