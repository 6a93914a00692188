public import Bytes
import Glibc

/// Decompresses Snappy: bare blocks (format_description.txt of Google's snappy), and the frames that snappy-java writes
/// around them, which Kafka uses.
public enum SnappyDecompressor {
    /// Writes what the frames or the bare block hold behind what the writer holds: `limit` bytes at most.
    ///
    /// - Throws: `CompressionError` where the bytes are damaged, or hold more.
    public static func decompress(
        _ bytes: RawSpan, into writer: inout ByteWriter, limit: Int
    ) throws(CompressionError) {
        guard SnappyFrame.begins(bytes) else { return try decompressBlock(bytes, into: &writer, limit: limit) }
        var reader = ByteReader(bytes)
        let start = writer.count
        do {
            try reader.skip(SnappyFrame.headerByteCount)
            while !reader.isAtEnd {
                // Streams may follow one another, each with a header of its own.
                if SnappyFrame.begins(reader.rest) {
                    try reader.skip(SnappyFrame.headerByteCount)
                    continue
                }
                let length = Int(try reader.readBigEndian(Int32.self, "a block's length"))
                let block = try reader.readSpan(length, "a block")
                try decompressBlock(block, into: &writer, limit: limit - (writer.count - start))
            }
        } catch let error as ByteError {
            throw CompressionError(.malformed, "snappy: \(error)")
        } catch let error as CompressionError {
            throw error
        } catch {
            throw CompressionError(.malformed, "snappy: \(error)")
        }
    }

    /// Writes what one bare block holds behind what the writer holds: `limit` bytes at most.
    ///
    /// - Throws: `CompressionError` where the bytes are damaged, or hold more.
    public static func decompressBlock(
        _ bytes: RawSpan, into writer: inout ByteWriter, limit: Int
    ) throws(CompressionError) {
        var reader = ByteReader(bytes)
        guard let claimed = try? reader.readVarint32() else { throw .truncated("snappy") }
        let count = Int(claimed)
        guard count <= limit else { throw .limit("snappy", limit) }
        // The best that three bytes can do is a copy of 64, so that a larger claim is a lie, and no reason to allocate.
        guard count <= reader.remaining * 22 else {
            throw CompressionError(.malformed, "snappy: \(reader.remaining) bytes cannot hold \(count)")
        }
        let elements = reader.rest
        var isWhole = false
        writer.write(upTo: count) { target in
            isWhole = elements.withUnsafeBytes { source in expand(source, target) }
            return isWhole ? count : 0
        }
        guard isWhole else { throw CompressionError(.malformed, "snappy: the bytes are damaged") }
    }

    /// Expands the elements into the target; whether they fill it exactly.
    private static func expand(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Bool {
        guard let input = source.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let output = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return target.isEmpty && source.isEmpty }
        var position = 0
        var made = 0
        while position < source.count {
            let tag = Int(input[position])
            position += 1
            let length: Int
            var offset = 0
            switch tag & 3 {
            case 0:
                var literal = tag >> 2
                if literal >= 60 {
                    let extra = literal - 59
                    guard extra <= source.count - position else { return false }
                    literal = 0
                    for index in 0..<extra { literal |= Int(input[position + index]) << (8 * index) }
                    position += extra
                }
                length = literal + 1
                guard length <= source.count - position, length <= target.count - made else { return false }
                memcpy(output + made, input + position, length)
                position += length
                made += length
                continue
            case 1:
                guard position < source.count else { return false }
                length = (tag >> 2 & 7) + 4
                offset = (tag >> 5) << 8 | Int(input[position])
                position += 1
            case 2:
                guard source.count - position >= 2 else { return false }
                length = (tag >> 2) + 1
                offset = Int(input[position]) | Int(input[position + 1]) << 8
                position += 2
            default:
                guard source.count - position >= 4 else { return false }
                length = (tag >> 2) + 1
                offset = Int((input + position).load32())
                position += 4
            }
            guard offset > 0, offset <= made, length <= target.count - made else { return false }
            (output + made).copyMatch(offset: offset, length: length)
            made += length
        }
        return made == target.count
    }
}
