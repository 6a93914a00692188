import Bytes

/// What a partition knows of its idempotent producers (KIP-98): each one's epoch and its last five batches.
///
/// A plain value: it decides, the log does.
struct ProducerStates: Equatable {
    /// A batch that was appended, by its sequences.
    struct Batch: Equatable {
        var firstSequence: Int32
        var lastSequence: Int32
        var baseOffset: Int64
    }

    struct Producer: Equatable {
        var epoch: Int16
        /// The last batches of this epoch, oldest first.
        var batches: [Batch]
        /// When the last batch was appended, in milliseconds since 1970.
        var lastSeen: Int64
    }

    /// What is to be done with a batch.
    enum Verdict: Equatable {
        case append
        /// The batch is in the log already, at this offset.
        case duplicate(baseOffset: Int64)
        /// A batch before this one is missing.
        case outOfOrder
        /// A newer incarnation of the producer has written.
        case fenced
    }

    /// As many batches as a producer may have in flight.
    static let remembered = 5
    /// How many producers are remembered; of more, those are forgotten that have been silent longest.
    static let limit = 100_000

    private(set) var producers: [Int64: Producer] = [:]

    /// Judges a batch.
    func check(_ header: BatchHeader) -> Verdict {
        // Nothing known, as after its records were deleted: any sequence begins it, as with Kafka.
        guard header.isIdempotent, let producer = producers[header.producerID] else { return .append }
        guard header.producerEpoch >= producer.epoch else { return .fenced }
        guard header.producerEpoch == producer.epoch else { return header.baseSequence == 0 ? .append : .outOfOrder }
        for batch in producer.batches
        where batch.firstSequence == header.baseSequence && batch.lastSequence == header.lastSequence {
            return .duplicate(baseOffset: batch.baseOffset)
        }
        guard let last = producer.batches.last else { return .append }
        return header.baseSequence == (last.lastSequence &+ 1) & .max ? .append : .outOfOrder
    }

    /// Takes note of a batch that is (or will be) in the log at `header.baseOffset`.
    ///
    /// - Returns: What was known of its producer before, for `restore`.
    @discardableResult
    mutating func record(_ header: BatchHeader, at time: Int64) -> Producer? {
        let before = producers[header.producerID]
        let batch = Batch(
            firstSequence: header.baseSequence, lastSequence: header.lastSequence, baseOffset: header.baseOffset)
        var producer = before ?? Producer(epoch: header.producerEpoch, batches: [], lastSeen: time)
        if producer.epoch != header.producerEpoch {
            producer.epoch = header.producerEpoch
            producer.batches = []
        }
        if producer.batches.count == Self.remembered { producer.batches.removeFirst() }
        producer.batches.append(batch)
        producer.lastSeen = time
        producers[header.producerID] = producer
        if producers.count > Self.limit { forgetSilent() }
        return before
    }

    /// Undoes a `record`.
    mutating func restore(_ producerID: Int64, to before: Producer?) { producers[producerID] = before }

    /// Forgets the producers that were last seen before `time`.
    mutating func expire(before time: Int64) {
        producers = producers.filter { $0.value.lastSeen >= time }
    }

    private mutating func forgetSilent() {
        let times = producers.values.map(\.lastSeen).sorted()
        expire(before: times[times.count / 10] + 1)
    }
}

extension ProducerStates {
    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(producers.count))
        for (id, producer) in producers {
            writer.writeBigEndian(id)
            writer.writeBigEndian(producer.epoch)
            writer.writeBigEndian(producer.lastSeen)
            writer.writeVarint(UInt64(producer.batches.count))
            for batch in producer.batches {
                writer.writeBigEndian(batch.firstSequence)
                writer.writeBigEndian(batch.lastSequence)
                writer.writeBigEndian(batch.baseOffset)
            }
        }
    }

    init(from reader: inout ByteReader) throws(ByteError) {
        for _ in 0..<(try reader.readCount("producers", size: 19)) {
            let id: Int64 = try reader.readBigEndian()
            var producer = Producer(
                epoch: try reader.readBigEndian(), batches: [], lastSeen: try reader.readBigEndian())
            for _ in 0..<(try reader.readCount("a producer's batches", size: 16)) {
                producer.batches.append(
                    Batch(
                        firstSequence: try reader.readBigEndian(), lastSequence: try reader.readBigEndian(),
                        baseOffset: try reader.readBigEndian()))
            }
            producers[id] = producer
        }
    }
}
