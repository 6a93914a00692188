public import Bytes
import Glibc

/// Compresses to Snappy, with its table kept from one use to the next.
public final class SnappyCompressor {
    /// Where in the block bytes with that hash were last seen.
    private let table: UnsafeMutablePointer<UInt16>
    private static let tableBits: UInt32 = 13

    /// How many bytes a block of the bare format takes at a time, so that places fit 16 bits.
    private static let fragmentByteCount = 1 << 16

    /// Makes a compressor.
    public init() {
        table = .allocate(capacity: 1 << Self.tableBits)
    }

    deinit {
        table.deallocate()
    }

    /// Writes the bytes in snappy-java's frames behind what the writer holds.
    ///
    /// - Throws: `CompressionError` `.unsupported` for more than 4,294,967,295 bytes.
    public func compress(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        SnappyFrame.writeHeader(into: &writer)
        var position = 0
        while position < bytes.byteCount {
            let end = min(position + SnappyFrame.blockByteCount, bytes.byteCount)
            let start = writer.count
            writer.writeBigEndian(0 as Int32)
            try compressBlock(bytes.extracting(position..<end), into: &writer)
            writer.patchBigEndian(Int32(writer.count - start - 4), at: start)
            position = end
        }
    }

    /// Writes the bytes as one bare block behind what the writer holds.
    ///
    /// - Throws: `CompressionError` `.unsupported` for more than 4,294,967,295 bytes.
    public func compressBlock(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        guard let count = UInt32(exactly: bytes.byteCount) else {
            throw CompressionError(.unsupported, "snappy: \(bytes.byteCount) bytes are too many")
        }
        writer.writeVarint(UInt64(count))
        var position = 0
        while position < bytes.byteCount {
            let end = min(position + Self.fragmentByteCount, bytes.byteCount)
            // The worst case is all literals: a tag and two bytes of length for each run of them, of which there are as
            // many as copies, and each copy saves one byte at least.
            writer.write(upTo: (end - position) + (end - position) / 6 + 32) { target in
                bytes.extracting(position..<end).withUnsafeBytes { source in compressFragment(source, target) }
            }
            position = end
        }
    }

    /// Compresses up to 64 KiB; how many bytes were written.
    private func compressFragment(
        _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard let input = source.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let output = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return 0 }
        memset(table, 0, MemoryLayout<UInt16>.size << Self.tableBits)
        var made = 0
        var literalStart = 0
        var position = 1
        // Behind the last four bytes nothing can be hashed.
        let last = source.count - 4
        // The longer nothing is found, the larger the steps.
        var misses = 32
        while position <= last {
            let word = (input + position).load32()
            let hash = Int((word &* 0x1e35_a7bd) >> (32 - Self.tableBits))
            let candidate = Int(table[hash])
            table[hash] = UInt16(truncatingIfNeeded: position)
            guard candidate < position, (input + candidate).load32() == word else {
                position += misses >> 5
                misses += 1
                continue
            }
            misses = 32
            var length = 4
            while position + length < source.count, input[candidate + length] == input[position + length] {
                length += 1
            }
            made += writeLiteral(input + literalStart, position - literalStart, output + made)
            made += writeCopy(position - candidate, length, output + made)
            position += length
            literalStart = position
        }
        return made + writeLiteral(input + literalStart, source.count - literalStart, output + made)
    }

    private func writeLiteral(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ output: UnsafeMutablePointer<UInt8>) -> Int
    {
        guard count > 0 else { return 0 }
        let length = count - 1
        var tags = 1
        if length < 60 {
            output[0] = UInt8(length << 2)
        } else if length < 256 {
            output[0] = 60 << 2
            output[1] = UInt8(length)
            tags = 2
        } else {
            output[0] = 61 << 2
            output[1] = UInt8(length & 0xff)
            output[2] = UInt8(length >> 8)
            tags = 3
        }
        memcpy(output + tags, bytes, count)
        return tags + count
    }

    /// Writes copies of up to 64 bytes, each in three bytes.
    private func writeCopy(_ offset: Int, _ length: Int, _ output: UnsafeMutablePointer<UInt8>) -> Int {
        var rest = length
        var made = 0
        while rest > 0 {
            let count = min(rest, 64)
            output[made] = UInt8((count - 1) << 2 | 2)
            output[made + 1] = UInt8(offset & 0xff)
            output[made + 2] = UInt8(offset >> 8)
            made += 3
            rest -= count
        }
        return made
    }
}
