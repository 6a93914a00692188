import Bytes
import KafkaProtocol

/// What a batch must be to be appended: whole, alone, of the current format, sound by its checksum, and consistent.
enum BatchCheck {
    struct Refusal: Error, Equatable {
        var error: KafkaErrorCode
        var message: String
    }

    /// How many bytes a batch's records may have when they are decompressed to be checked.
    static let decompressedLimit = 64 << 20

    /// Checks the records themselves, so that no consumer meets with what it cannot read. Records in a compression that
    /// cannot be undone here are taken as they are, behind their checksum.
    ///
    /// - Parameter limit: How many bytes they may have when they are decompressed.
    static func checkRecords(
        _ batch: ByteSlice, using decompressor: RecordDecompressor, limit: Int = decompressedLimit
    ) -> Checked {
        do throws(KafkaProtocolError) {
            try RecordBatch(batch).validateProduced(using: decompressor, limit: limit)
        } catch {
            if error.code == .limit { return .larger }
            guard error.code != .unsupported else { return .done(nil) }
            return .done(Refusal(error: .invalidRecord, message: "\(error)"))
        }
        return .done(nil)
    }

    /// What came of looking at records.
    enum Checked {
        case done(Refusal?)
        /// They have more than the limit.
        case larger

        /// Why the batch is refused, where that was the last look.
        var refusal: Refusal? {
            switch self {
            case .done(let refusal): refusal
            case .larger:
                Refusal(error: .invalidRecord, message: "the records have more than \(decompressedLimit) bytes")
            }
        }
    }

    /// Checks what a produce request carries for a partition.
    static func check(
        _ records: ByteSlice?, version: Int16, maxBytes: Int
    ) -> Result<BatchHeader, Refusal> {
        func refuse(_ error: KafkaErrorCode, _ message: String) -> Result<BatchHeader, Refusal> {
            .failure(Refusal(error: error, message: message))
        }
        guard let records, !records.isEmpty else { return refuse(.invalidRecord, "there is no batch") }
        guard records.count <= maxBytes else {
            return refuse(.messageTooLarge, "a batch of \(records.count) bytes; \(maxBytes) are allowed")
        }
        guard let header = BatchHeader(records.span) else { return refuse(.corruptMessage, "the batch is cut short") }
        guard header.magic == 2 else {
            return refuse(.unsupportedForMessageFormat, "records of format \(header.magic); 2 is the one that is kept")
        }
        guard header.size == records.count else {
            return refuse(.invalidRecord, "there must be exactly one batch, as long as it says")
        }
        guard header.checks(records.span) else { return refuse(.corruptMessage, "the checksum is wrong") }
        guard header.recordCount > 0, header.lastOffsetDelta == header.recordCount - 1 else {
            return refuse(.invalidRecord, "\(header.recordCount) records with offsets to \(header.lastOffsetDelta)")
        }
        guard !header.isControl else { return refuse(.invalidRecord, "control records are the broker's own") }
        guard !header.isTransactional else {
            return refuse(.invalidTxnState, "transactions are not offered")
        }
        guard header.producerID < 0 || (header.producerEpoch >= 0 && header.baseSequence >= 0) else {
            return refuse(.invalidRecord, "a producer id needs an epoch and a sequence")
        }
        guard header.attributes & 0x08 == 0 else {
            return refuse(.invalidTimestamp, "timestamps are the producer's here")
        }
        let codec = header.attributes & 0x07
        guard codec <= 4, codec < 4 || version >= 7 else {
            return refuse(.unsupportedCompressionType, "compression \(codec) in version \(version)")
        }
        return .success(header)
    }
}
