import Bytes

/// How far whole record batches reach in fetched bytes: brokers cut the last one off where a limit falls into it.
struct BatchScan {
    private(set) var byteCount = 0
    /// The offset behind the last record of the last whole batch.
    private(set) var nextOffset: Int64 = -1

    init(_ records: ByteSlice) {
        var reader = ByteReader(records)
        do throws(ByteError) {
            while reader.remaining >= 12 {
                let start = reader.position
                let baseOffset: Int64 = try reader.readBigEndian()
                let length = Int(try reader.readBigEndian(Int32.self))
                // The shortest batch has 49 bytes behind its length.
                guard length >= 49, length <= reader.remaining else { return }
                try reader.skip(11)
                let lastDelta: Int32 = try reader.readBigEndian()
                reader.move(to: start + 12 + length)
                byteCount = reader.position
                nextOffset = max(nextOffset, baseOffset &+ Int64(lastDelta) &+ 1)
            }
        } catch {
            // What was whole so far counts.
        }
    }
}
