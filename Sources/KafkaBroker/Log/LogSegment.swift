import Bytes

/// One file of a partition's log: batches from `baseOffset` on, as they go over the wire.
///
/// Belongs to its partition's loop. Only what was written whole counts as being in it: `size` moves after the write.
final class LogSegment {
    let baseOffset: Int64
    let file: File
    /// How many bytes of whole batches the file holds.
    private(set) var size = 0
    private(set) var index = OffsetIndex()
    /// When its first batch was appended, in milliseconds since 1970; nil where it is empty, or from an earlier run.
    private(set) var firstAppend: Int64?
    /// Up to which size a checkpoint was stored.
    var checkpointed = 0
    /// Up to which size the file is known to be on the disk.
    var synced = 0

    init(baseOffset: Int64, file: File) {
        self.baseOffset = baseOffset
        self.file = file
    }

    /// Takes over what the recovery found.
    func restore(size: Int, index: OffsetIndex, checkpointed: Int) {
        self.size = size
        self.index = index
        self.checkpointed = checkpointed
    }

    /// Takes note of a batch that stands at the file's end.
    func append(_ header: BatchHeader, at time: Int64?) {
        index.append(offset: header.baseOffset, position: size, maxTimestamp: header.maxTimestamp)
        size += header.size
        if firstAppend == nil { firstAppend = time }
    }

    /// A segment's file name: its base offset in twenty digits, as Kafka names them.
    static func name(_ baseOffset: Int64) -> String {
        let digits = String(baseOffset)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits + ".log"
    }

    /// The base offset in a segment's file name, or nil where it is none.
    static func baseOffset(of name: String) -> Int64? {
        guard name.hasSuffix(".log"), name.utf8.count == 24, let offset = Int64(name.dropLast(4)), offset >= 0 else {
            return nil
        }
        return offset
    }
}
