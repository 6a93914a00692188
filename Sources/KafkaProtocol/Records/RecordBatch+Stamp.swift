public import Bytes

// What is written into a batch after it was made.

extension RecordBatch {
    /// The batch as a log keeps it: with the offsets and the leader epoch that the broker gives it, in two pieces to be
    /// written one behind the other. The checksum does not cover what changes, and the records are not copied.
    public func placed(at baseOffset: Int64, leaderEpoch: Int32) -> (start: ByteSlice, rest: ByteSlice) {
        var writer = ByteWriter(capacity: 16)
        writer.writeBigEndian(baseOffset)
        writer.writeBigEndian(header.batchLength)
        writer.writeBigEndian(leaderEpoch)
        return (writer.finish(), bytes.suffix(from: 16))
    }

    /// The batch with another producer's state, in new memory: for a producer that numbers its open batches anew.
    public func restamped(_ producer: ProducerState) -> ByteSlice {
        var header = header
        header.producerID = producer.id
        header.producerEpoch = producer.epoch
        header.baseSequence = producer.sequence
        return resealed(header)
    }

    /// The batch with the broker's time in place of the records' own (`message.timestamp.type=LogAppendTime`), in new
    /// memory.
    public func restamped(appendTime: Int64) -> ByteSlice {
        var header = header
        header.attributes.isLogAppendTime = true
        header.maxTimestamp = appendTime
        return resealed(header)
    }

    private func resealed(_ header: RecordBatchHeader) -> ByteSlice {
        var writer = ByteWriter(capacity: bytes.count)
        writer.write(bytes)
        return header.seal(&writer)
    }
}
