/// How far the consumer is behind, of the partitions that it has: in messages, and in seconds since the oldest message that
/// is not applied. What is observed goes in, with the time; nothing is remembered of partitions that were taken away.
struct LagMeter {
    private struct Partition {
        /// The offset behind the last message that was applied.
        var applied: Int64
        /// The partition's end, as it was seen last; nil before.
        var end: Int64?
        /// The time of the oldest message that is not applied, in milliseconds since 1970; nil where there is none.
        var oldest: Int64?

        var lag: Int64 {
            let (lag, isOverflow) = (end ?? applied).subtractingReportingOverflow(applied)
            return isOverflow ? 0 : max(lag, 0)
        }
    }

    private var partitions: [Int32: Partition] = [:]

    /// These are the consumer's partitions, with what is applied of each.
    mutating func observe(applied: [Int32: Int64], now: Int64) {
        partitions = partitions.filter { applied[$0.key] != nil }
        for (number, offset) in applied {
            partitions[number, default: Partition(applied: offset)].applied = offset
            update(number, now: now)
        }
    }

    /// Where partitions end.
    mutating func observe(ends: [Int32: Int64], now: Int64) {
        for (number, end) in ends where partitions[number] != nil {
            partitions[number]?.end = end
            update(number, now: now)
        }
    }

    /// The oldest messages of the batch at hand, by their own time.
    mutating func observe(held: [Int32: Int64]) {
        for (number, time) in held { partitions[number]?.oldest = time }
    }

    /// A batch was applied. Where more waits behind it, the oldest of that is about as old as the batch's newest message.
    mutating func observe(appliedBatch offsets: [Int32: Int64], newest: [Int32: Int64], now: Int64) {
        for (number, offset) in offsets {
            guard var partition = partitions[number] else { continue }
            partition.applied = offset
            partition.oldest = newest[number]
            partitions[number] = partition
            update(number, now: now)
        }
    }

    private mutating func update(_ number: Int32, now: Int64) {
        guard var partition = partitions[number] else { return }
        if partition.lag == 0 {
            partition.oldest = nil
        } else if partition.oldest == nil {
            // Seen for the first time now: it is about that old.
            partition.oldest = now
        }
        partitions[number] = partition
    }

    /// By partition: how many messages are not applied.
    var lag: [Int32: Int64] { partitions.mapValues(\.lag) }

    /// How many messages are not applied.
    var messages: Int64 { partitions.values.reduce(0) { $0.addingClamped($1.lag) } }

    /// How long the oldest message has waited that is not applied, in milliseconds; 0 where there is none.
    func age(now: Int64) -> Int64 {
        guard let oldest = partitions.values.compactMap(\.oldest).min() else { return 0 }
        // A message's time is whatever its producer says.
        return oldest < now ? now.subtractingReportingOverflow(oldest).partialValue : 0
    }
}

extension Int64 {
    /// The sum, or the largest number where it would be larger.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, isOverflow) = addingReportingOverflow(other)
        return isOverflow ? .max : sum
    }
}
