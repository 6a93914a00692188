/// A decoding table of Huffman codes (RFC 8878, 4.2): what each run of bits stands for.
final class HuffmanTable {
    /// A symbol and how many bits its code has.
    struct Entry {
        var symbol: UInt8 = 0
        var bits: UInt8 = 0
    }

    /// No code is longer.
    static let maximumBits = 11

    /// An entry for each run of `bits` bits.
    let entries: UnsafeMutablePointer<Entry>

    /// How many bits the longest code has.
    private(set) var bits = 0

    /// Whether a table was read; one may be asked for again.
    private(set) var isReady = false

    private let weightTable = FSETable(maximumLog: 6)

    init() {
        entries = .allocate(capacity: 1 << Self.maximumBits)
        entries.initialize(repeating: Entry(), count: 1 << Self.maximumBits)
    }

    deinit {
        entries.deallocate()
    }

    /// Forgets the table.
    func clear() { isReady = false }

    /// Reads the weights of the symbols and makes the table; how many bytes they took.
    func read(_ bytes: UnsafePointer<UInt8>, count: Int) throws(CompressionError) -> Int {
        guard count > 0 else { throw Self.damaged }
        let first = Int(bytes[0])
        var weights: [UInt8] = []
        let taken: Int
        if first < 128 {
            taken = 1 + first
            guard taken <= count else { throw Self.damaged }
            weights = try compressedWeights(bytes + 1, count: first)
        } else {
            let symbols = first - 127
            taken = 1 + (symbols + 1) / 2
            guard taken <= count else { throw Self.damaged }
            for index in 0..<symbols {
                let pair = bytes[1 + index / 2]
                weights.append(index & 1 == 0 ? pair >> 4 : pair & 15)
            }
        }
        try fill(&weights)
        return taken
    }

    /// Weights that are compressed themselves: two states that take turns.
    private func compressedWeights(
        _ bytes: UnsafePointer<UInt8>, count: Int
    ) throws(CompressionError) -> [UInt8] {
        let table = try weightTable.read(bytes, count: count, symbols: 256)
        guard var bits = BackwardBits(bytes + table, count: count - table) else { throw Self.damaged }
        var state = bits.read(weightTable.log)
        var other = bits.read(weightTable.log)
        var weights: [UInt8] = []
        while true {
            guard weights.count < 254 else { throw Self.damaged }
            let entry = weightTable.entries[state]
            weights.append(entry.symbol)
            state = Int(entry.base) + bits.read(Int(entry.bits))
            if bits.position < 0 {
                weights.append(weightTable.entries[other].symbol)
                return weights
            }
            swap(&state, &other)
        }
    }

    /// Makes the table. The last symbol's weight is what is missing to a power of two.
    private func fill(_ weights: inout [UInt8]) throws(CompressionError) {
        var sum = 0
        for weight in weights where weight > 0 {
            guard weight <= Self.maximumBits else { throw Self.damaged }
            sum += 1 << (Int(weight) - 1)
        }
        guard sum > 0 else { throw Self.damaged }
        bits = Int.bitWidth - sum.leadingZeroBitCount
        guard bits <= Self.maximumBits else { throw Self.damaged }
        let missing = (1 << bits) - sum
        guard missing.nonzeroBitCount == 1, weights.count < 256 else { throw Self.damaged }
        weights.append(UInt8(missing.trailingZeroBitCount + 1))
        // The lowest weights have the longest codes, and come first.
        var position = 0
        for weight in 1...bits {
            for (symbol, own) in weights.enumerated() where Int(own) == weight {
                let entry = Entry(symbol: UInt8(symbol), bits: UInt8(bits + 1 - weight))
                let length = 1 << (weight - 1)
                guard position + length <= 1 << bits else { throw Self.damaged }
                for index in position..<position + length { entries[index] = entry }
                position += length
            }
        }
        guard position == 1 << bits else { throw Self.damaged }
        isReady = true
    }

    /// Decodes a stream of `count` symbols into the target.
    func decode(
        _ stream: UnsafePointer<UInt8>, byteCount: Int, into target: UnsafeMutablePointer<UInt8>, count: Int
    ) throws(CompressionError) {
        guard var stream = BackwardBits(stream, count: byteCount) else { throw Self.damaged }
        let bits = self.bits
        let entries = self.entries
        for index in 0..<count {
            let entry = entries[stream.peek(bits)]
            target[index] = entry.symbol
            stream.skip(Int(entry.bits))
        }
        guard stream.position == 0 else { throw Self.damaged }
    }

    private static let damaged = CompressionError(.malformed, "zstd: the literals are damaged")
}
