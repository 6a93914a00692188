public import Bytes
import Glibc

/// Compresses to Zstandard (RFC 8878), with its memory kept from one use to the next.
///
/// It is meant to be simple and quick: matches are found greedily, and coded with the distributions that the format
/// gives; the literals between them stay as they are.
public final class ZstdCompressor {
    /// Where bytes with that hash were last seen, plus one.
    private let table: UnsafeMutablePointer<UInt32>
    private static let tableBits: UInt32 = 15

    /// What the block at hand consists of.
    private var sequences: [Sequence] = []
    private let literals: UnsafeMutablePointer<UInt8>
    private var literalCount = 0
    private var recent = RecentOffsets()

    private struct Sequence {
        let literalLength: Int
        let matchLength: Int
        let offsetValue: Int
    }

    /// How far back matches reach; decoders need that much memory.
    private static let window = 8 << 20

    /// Makes a compressor.
    public init() {
        table = .allocate(capacity: 1 << Self.tableBits)
        literals = .allocate(capacity: ZstdFormat.maximumBlock)
    }

    deinit {
        table.deallocate()
        literals.deallocate()
    }

    /// Writes the bytes as one frame behind what the writer holds.
    ///
    /// - Throws: `CompressionError` `.unsupported` for more than 4,294,967,294 bytes.
    public func compress(_ bytes: RawSpan, into writer: inout ByteWriter) throws(CompressionError) {
        guard let count = UInt32(exactly: bytes.byteCount), count < .max else {
            throw CompressionError(.unsupported, "zstd: \(bytes.byteCount) bytes are too many")
        }
        writer.writeLittleEndian(ZstdFormat.magic)
        // Four bytes of content size, a checksum; one segment where that is no larger than the window.
        if bytes.byteCount <= Self.window {
            writer.writeByte(0b1010_0100)
        } else {
            writer.writeByte(0b1000_0100)
            writer.writeByte(UInt8((Self.window.trailingZeroBitCount - 10) << 3))
        }
        writer.writeLittleEndian(count)
        memset(table, 0, MemoryLayout<UInt32>.size << Self.tableBits)
        recent = RecentOffsets()
        var position = 0
        repeat {
            let end = min(position + ZstdFormat.maximumBlock, bytes.byteCount)
            writeBlock(bytes, position..<end, isLast: end == bytes.byteCount, into: &writer)
            position = end
        } while position < bytes.byteCount
        let hash = bytes.withUnsafeBytes { XXHash64.hash($0) }
        writer.writeLittleEndian(UInt32(truncatingIfNeeded: hash))
    }

    private func writeBlock(
        _ bytes: RawSpan, _ range: Range<Int>, isLast: Bool, into writer: inout ByteWriter
    ) {
        let start = writer.count
        let before = recent
        // Three bytes of header: whether it is the last, the kind, the size.
        writer.write(repeating: 0, count: 3)
        bytes.withUnsafeBytes { findMatches($0, range) }
        var isSmaller = false
        if !sequences.isEmpty {
            writer.write(upTo: range.count) { target in
                guard let target = target.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    let made = encode(into: target, capacity: range.count)
                else { return 0 }
                isSmaller = true
                return made
            }
        }
        if !isSmaller {
            recent = before
            writer.write(bytes.extracting(range))
        }
        let size = writer.count - start - 3
        let header = UInt32(size) << 3 | (isSmaller ? 2 << 1 : 0) | (isLast ? 1 : 0)
        writer.patchLittleEndian(UInt16(truncatingIfNeeded: header), at: start)
        writer.patchLittleEndian(UInt8(header >> 16), at: start + 2)
    }

    // MARK: Matches

    private func findMatches(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        sequences.removeAll(keepingCapacity: true)
        literalCount = 0
        guard let input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var literalStart = range.lowerBound
        var position = range.lowerBound
        // Behind the last eight bytes nothing is hashed.
        let last = range.upperBound - 8
        // The longer nothing is found, the larger the steps.
        var misses = 64
        while position <= last {
            let word = (input + position).load64()
            let hash = Int(((word &<< 24) &* 0xcf1b_bcdc_b7a5_6463) &>> UInt64(64 - Self.tableBits))
            let candidate = Int(table[hash]) - 1
            table[hash] = UInt32(position + 1)
            guard candidate >= 0, position - candidate <= Self.window,
                (input + candidate).load32() == UInt32(truncatingIfNeeded: word)
            else {
                position += misses >> 6
                misses += 1
                continue
            }
            misses = 64
            let length = matchLength(input + candidate, input + position, limit: range.upperBound - position)
            addSequence(input, literalStart..<position, offset: position - candidate, length: length)
            position += length
            literalStart = position
        }
        copyLiterals(input, literalStart..<range.upperBound)
    }

    private func matchLength(
        _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, limit: Int
    ) -> Int {
        var length = 4
        while limit - length >= 8 {
            let difference = (left + length).load64() ^ (right + length).load64()
            guard difference == 0 else { return length + difference.trailingZeroBitCount / 8 }
            length += 8
        }
        while length < limit, left[length] == right[length] { length += 1 }
        return length
    }

    private func addSequence(
        _ input: UnsafePointer<UInt8>, _ literals: Range<Int>, offset: Int, length: Int
    ) {
        copyLiterals(input, literals)
        sequences.append(
            Sequence(
                literalLength: literals.count, matchLength: length,
                offsetValue: recent.value(of: offset, isBehindLiterals: !literals.isEmpty)))
    }

    private func copyLiterals(_ input: UnsafePointer<UInt8>, _ range: Range<Int>) {
        memcpy(literals + literalCount, input + range.lowerBound, range.count)
        literalCount += range.count
    }

    // MARK: Coding

    /// Writes literals and sequences; how many bytes, or nil where they are not fewer than those of the block.
    private func encode(into target: UnsafeMutablePointer<UInt8>, capacity: Int) -> Int? {
        // Raw literals with 20 bits of size, and at most three bytes of count and one of modes.
        guard literalCount + 16 < capacity else { return nil }
        let header = UInt32(literalCount) << 4 | 0b1100
        target[0] = UInt8(truncatingIfNeeded: header)
        target[1] = UInt8(truncatingIfNeeded: header >> 8)
        target[2] = UInt8(truncatingIfNeeded: header >> 16)
        memcpy(target + 3, literals, literalCount)
        var position = 3 + literalCount
        let count = sequences.count
        if count < 128 {
            target[position] = UInt8(count)
            position += 1
        } else if count < 0x7f00 {
            target[position] = UInt8((count >> 8) + 128)
            target[position + 1] = UInt8(count & 0xff)
            position += 2
        } else {
            target[position] = 255
            target[position + 1] = UInt8((count - 0x7f00) & 0xff)
            target[position + 2] = UInt8((count - 0x7f00) >> 8)
            position += 3
        }
        // The distributions that the format gives, for all three.
        target[position] = 0
        position += 1
        var bits = ForwardBits(target + position, capacity: capacity - position)
        encodeSequences(&bits)
        guard let made = bits.finish(), position + made < capacity else { return nil }
        return position + made
    }

    /// Writes the sequences from the last to the first, since they are read the other way round.
    private func encodeSequences(_ bits: inout ForwardBits) {
        let (literalEncoder, offsetEncoder, matchEncoder) = (
            FSEEncoder.literalLengths, FSEEncoder.offsets, FSEEncoder.matchLengths
        )
        var states: (literal: Int, offset: Int, match: Int)?
        for sequence in sequences.reversed() {
            let literalCode = ZstdFormat.code(of: sequence.literalLength, in: ZstdFormat.literalLengths)
            let matchCode = ZstdFormat.code(of: sequence.matchLength, in: ZstdFormat.matchLengths)
            let offsetCode = Int.bitWidth - 1 - sequence.offsetValue.leadingZeroBitCount
            if var old = states {
                offsetEncoder.write(offsetCode, &old.offset, &bits)
                matchEncoder.write(matchCode, &old.match, &bits)
                literalEncoder.write(literalCode, &old.literal, &bits)
                states = old
            } else {
                states = (
                    literalEncoder.first(literalCode), offsetEncoder.first(offsetCode), matchEncoder.first(matchCode)
                )
            }
            let literal = ZstdFormat.literalLengths[literalCode]
            let match = ZstdFormat.matchLengths[matchCode]
            bits.write(sequence.literalLength - literal.base, literal.bits)
            bits.write(sequence.matchLength - match.base, match.bits)
            bits.write(sequence.offsetValue - (1 << offsetCode), offsetCode)
        }
        guard let states else { return }
        bits.write(states.match, matchEncoder.log)
        bits.write(states.offset, offsetEncoder.log)
        bits.write(states.literal, literalEncoder.log)
    }
}
