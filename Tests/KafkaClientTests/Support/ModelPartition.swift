import KafkaProtocol

@testable import KafkaClient

/// A partition's log and what it knows of producers, judged as Kafka's `ProducerAppendInfo` and `ProducerStateEntry` do.
struct ModelPartition<Record: Sendable>: Sendable {
    /// A batch as it comes.
    struct Copy: Sendable {
        var records: [Record]
        var identity: ProducerIdentity
        var sequence: Int32
        var last: Int32 { sequence.advancedSequence(by: Int32(records.count - 1)) }
    }

    private struct Producer: Sendable {
        var epoch: Int16
        var batches: [(first: Int32, last: Int32)] = []
    }

    private(set) var log: [Record] = []
    private var producers: [Int64: Producer] = [:]

    /// The producers are forgotten, as after they were silent for long.
    mutating func forget() { producers = [:] }

    mutating func append(_ copy: Copy) -> KafkaErrorCode {
        let known = producers[copy.identity.id]
        if let known {
            if copy.identity.epoch < known.epoch { return .invalidProducerEpoch }
            if copy.identity.epoch > known.epoch {
                if copy.sequence != 0 { return .outOfOrderSequenceNumber }
            } else {
                if known.batches.contains(where: { $0 == (copy.sequence, copy.last) }) { return .none }
                if let last = known.batches.last, last.last.advancedSequence(by: 1) != copy.sequence {
                    return .outOfOrderSequenceNumber
                }
            }
        }
        log += copy.records
        var producer = known ?? Producer(epoch: copy.identity.epoch)
        if producer.epoch != copy.identity.epoch { producer = Producer(epoch: copy.identity.epoch) }
        producer.batches.append((copy.sequence, copy.last))
        producer.batches = producer.batches.suffix(5)
        producers[copy.identity.id] = producer
        return .none
    }
}
