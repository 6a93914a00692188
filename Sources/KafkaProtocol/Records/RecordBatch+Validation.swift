import Bytes

extension RecordBatch {
    /// Checks a batch that a client wants appended, down to its records, as Kafka's brokers do.
    ///
    /// - Parameter limit: how many bytes the records may have when decompressed.
    /// - Throws: `KafkaProtocolError` that says what is wrong with it.
    public func validateProduced(
        using decompressor: RecordDecompressor, limit: Int = RecordDecompressor.standardLimit
    ) throws(KafkaProtocolError) {
        try checkIntact()
        guard header.recordCount > 0 else { throw KafkaProtocolError(.malformed, "the record batch is empty") }
        guard header.lastOffsetDelta == header.recordCount - 1 else {
            throw KafkaProtocolError(
                .malformed,
                "the record batch's last delta is \(header.lastOffsetDelta) with \(header.recordCount) records")
        }
        guard !header.attributes.isControl else {
            throw KafkaProtocolError(.malformed, "clients cannot write control batches")
        }
        if header.producerID >= 0 {
            guard header.producerEpoch >= 0, header.baseSequence >= 0 else {
                throw KafkaProtocolError(.malformed, "the record batch has a producer but no epoch or sequence")
            }
        } else if header.attributes.isTransactional {
            throw KafkaProtocolError(.malformed, "the record batch is transactional but has no producer")
        }
        var records = try records(using: decompressor, limit: limit)
        var expected = header.baseOffset
        while let record = try records.next() {
            guard record.offset == expected else {
                let (index, delta) = (expected &- header.baseOffset, record.offset &- header.baseOffset)
                throw KafkaProtocolError(.malformed, "record \(index) has delta \(delta)")
            }
            // The base offset is the client's word, and no checksum covers it.
            expected &+= 1
        }
    }
}
