import Glibc

/// The sequences of a block (RFC 8878, 3.1.1.3.2 and 3.1.1.4): literals to copy, then a match of what came before.
final class ZstdSequences {
    private let literalLengths = FSETable(maximumLog: 9)
    private let offsets = FSETable(maximumLog: 8)
    private let matchLengths = FSETable(maximumLog: 9)

    private var recent = RecentOffsets()

    /// Forgets what the frame before has left.
    func clear() {
        literalLengths.clear()
        offsets.clear()
        matchLengths.clear()
        recent = RecentOffsets()
    }

    /// Carries the sequences out; how many bytes were made.
    ///
    /// - Parameters:
    ///   - bytes: the block behind its literals.
    ///   - target: where to write, with `ZstdFormat.maximumBlock` bytes of room.
    ///   - history: how many bytes of the frame stand before the target, in the same memory.
    func run(
        _ bytes: UnsafePointer<UInt8>, count: Int, literals: ZstdLiterals, into target: UnsafeMutablePointer<UInt8>,
        history: Int
    ) throws(CompressionError) -> Int {
        guard count > 0 else { throw Self.damaged }
        var position = 1
        var sequences = Int(bytes[0])
        if sequences == 255 {
            guard count >= 3 else { throw Self.damaged }
            sequences = Int(bytes[1]) + (Int(bytes[2]) << 8) + 0x7f00
            position = 3
        } else if sequences >= 128 {
            guard count >= 2 else { throw Self.damaged }
            sequences = ((sequences - 128) << 8) + Int(bytes[1])
            position = 2
        }
        guard sequences > 0 else {
            guard position == count else { throw Self.damaged }
            memcpy(target, literals.bytes, literals.count)
            return literals.count
        }
        guard position < count else { throw Self.damaged }
        let modes = bytes[position]
        position += 1
        guard modes & 3 == 0 else { throw Self.damaged }
        position += try read(
            literalLengths, modes >> 6, bytes + position, count - position, standard: ZstdFormat.literalLengthCounts,
            log: 6, symbols: ZstdFormat.literalLengths.count)
        position += try read(
            offsets, modes >> 4 & 3, bytes + position, count - position, standard: ZstdFormat.offsetCounts, log: 5,
            symbols: ZstdFormat.maximumOffsetCode + 1)
        position += try read(
            matchLengths, modes >> 2 & 3, bytes + position, count - position, standard: ZstdFormat.matchLengthCounts,
            log: 6, symbols: ZstdFormat.matchLengths.count)
        guard let bits = BackwardBits(bytes + position, count: count - position) else { throw Self.damaged }
        return try run(bits, sequences, literals, target, history)
    }

    /// Makes a table as the block's mode wants it; how many bytes it took.
    private func read(
        _ table: FSETable, _ mode: UInt8, _ bytes: UnsafePointer<UInt8>, _ count: Int, standard: [Int16], log: Int,
        symbols: Int
    ) throws(CompressionError) -> Int {
        switch mode {
        case 0:
            try table.fill(standard, log: log)
            return 0
        case 1:
            guard count > 0, Int(bytes[0]) < symbols else { throw Self.damaged }
            table.fill(symbol: bytes[0])
            return 1
        case 2: return try table.read(bytes, count: count, symbols: symbols)
        default:
            guard table.isReady else { throw Self.damaged }
            return 0
        }
    }

    private func run(
        _ stream: BackwardBits, _ sequences: Int, _ literals: ZstdLiterals, _ target: UnsafeMutablePointer<UInt8>,
        _ history: Int
    ) throws(CompressionError) -> Int {
        var bits = stream
        var literalState = bits.read(literalLengths.log)
        var offsetState = bits.read(offsets.log)
        var matchState = bits.read(matchLengths.log)
        let literalTable = ZstdFormat.literalLengths
        let matchTable = ZstdFormat.matchLengths
        var literal = 0
        var made = 0
        for index in 0..<sequences {
            let literalEntry = literalLengths.entries[literalState]
            let offsetEntry = offsets.entries[offsetState]
            let matchEntry = matchLengths.entries[matchState]
            let offsetValue = (1 << Int(offsetEntry.symbol)) + bits.read(Int(offsetEntry.symbol))
            let matchCode = matchTable[Int(matchEntry.symbol)]
            let matchLength = matchCode.base + bits.read(matchCode.bits)
            let literalCode = literalTable[Int(literalEntry.symbol)]
            let literalLength = literalCode.base + bits.read(literalCode.bits)
            if index < sequences - 1 {
                literalState = Int(literalEntry.base) + bits.read(Int(literalEntry.bits))
                matchState = Int(matchEntry.base) + bits.read(Int(matchEntry.bits))
                offsetState = Int(offsetEntry.base) + bits.read(Int(offsetEntry.bits))
            }
            guard bits.position >= 0, literalLength <= literals.count - literal,
                literalLength + matchLength <= ZstdFormat.maximumBlock - made
            else { throw Self.damaged }
            memcpy(target + made, literals.bytes + literal, literalLength)
            literal += literalLength
            made += literalLength
            let offset = recent.offset(of: offsetValue, isBehindLiterals: literalLength > 0)
            guard offset > 0, offset <= history + made else { throw Self.damaged }
            (target + made).copyMatch(offset: offset, length: matchLength)
            made += matchLength
        }
        guard bits.position == 0, literals.count - literal <= ZstdFormat.maximumBlock - made else {
            throw Self.damaged
        }
        memcpy(target + made, literals.bytes + literal, literals.count - literal)
        return made + literals.count - literal
    }

    private static let damaged = CompressionError(.malformed, "zstd: the sequences are damaged")
}
