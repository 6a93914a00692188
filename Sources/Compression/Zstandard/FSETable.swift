/// A decoding table of finite state entropy (RFC 8878, 4.1).
final class FSETable {
    /// What a state means, and how the next is found.
    struct Entry {
        var symbol: UInt8 = 0
        var bits: UInt8 = 0
        var base: UInt16 = 0
    }

    /// An entry for each state.
    let entries: UnsafeMutablePointer<Entry>

    /// How many bits a state has; there are 2 to the power of this many.
    private(set) var log = 0

    private let maximumLog: Int

    /// Whether a table was read; one may be asked for again.
    private(set) var isReady = false

    /// Makes a table that can take up to 2 to the power of `maximumLog` states.
    init(maximumLog: Int) {
        self.maximumLog = maximumLog
        entries = .allocate(capacity: 1 << maximumLog)
        entries.initialize(repeating: Entry(), count: 1 << maximumLog)
    }

    deinit {
        entries.deallocate()
    }

    /// Forgets the table.
    func clear() { isReady = false }

    /// Makes the table of a single symbol.
    func fill(symbol: UInt8) {
        entries[0] = Entry(symbol: symbol)
        log = 0
        isReady = true
    }

    /// Makes the table of a distribution: a count for each symbol, -1 for "less than one".
    func fill(_ counts: [Int16], log: Int) throws(CompressionError) {
        guard log <= maximumLog else { throw Self.damaged }
        let size = 1 << log
        var next = [Int](repeating: 0, count: counts.count)
        var high = size
        for (symbol, count) in counts.enumerated() {
            if count == -1 {
                guard high > 0 else { throw Self.damaged }
                high -= 1
                entries[high].symbol = UInt8(symbol)
                next[symbol] = 1
            } else {
                next[symbol] = Int(count)
            }
        }
        // The other symbols are spread over the states by a step that reaches each of them once.
        let step = (size >> 1) + (size >> 3) + 3
        var position = 0
        for (symbol, count) in counts.enumerated() where count > 0 {
            for _ in 0..<count {
                entries[position].symbol = UInt8(symbol)
                repeat { position = (position + step) & (size - 1) } while position >= high && high > 0
            }
        }
        guard position == 0 else { throw Self.damaged }
        for state in 0..<size {
            let symbol = Int(entries[state].symbol)
            let number = next[symbol]
            guard number > 0 else { throw Self.damaged }
            next[symbol] += 1
            let bits = log - (Int.bitWidth - 1 - number.leadingZeroBitCount)
            entries[state].bits = UInt8(bits)
            entries[state].base = UInt16((number << bits) - size)
        }
        self.log = log
        isReady = true
    }

    /// Reads a distribution (4.1.1) and makes its table; how many bytes it took.
    func read(_ bytes: UnsafePointer<UInt8>, count: Int, symbols: Int) throws(CompressionError) -> Int {
        var position = 0
        func bits(_ length: Int) throws(CompressionError) -> Int {
            guard position + length <= count * 8 else { throw Self.damaged }
            var value = 0
            for index in 0..<length {
                value |= Int(bytes[(position + index) >> 3] >> UInt8((position + index) & 7) & 1) << index
            }
            position += length
            return value
        }
        let log = try bits(4) + 5
        guard log <= maximumLog else { throw Self.damaged }
        var counts: [Int16] = []
        var remaining = 1 << log
        while remaining > 0 {
            guard counts.count < symbols else { throw Self.damaged }
            // The value is at most `remaining + 1`; the smaller ones take a bit less.
            let length = Int.bitWidth - (remaining + 1).leadingZeroBitCount
            // The last value may need fewer bits than there are left to look at.
            let available = min(length, count * 8 - position)
            guard available >= length - 1 else { throw Self.damaged }
            var value = try bits(available)
            let mask = (1 << (length - 1)) - 1
            let threshold = (1 << length) - 1 - (remaining + 1)
            if value & mask < threshold {
                position -= available - (length - 1)
                value &= mask
            } else {
                guard available == length else { throw Self.damaged }
                if value > mask { value -= threshold }
            }
            let probability = value - 1
            remaining -= abs(probability)
            counts.append(Int16(probability))
            guard probability == 0 else { continue }
            while true {
                let zeros = try bits(2)
                counts.append(contentsOf: repeatElement(0, count: zeros))
                if zeros < 3 { break }
            }
        }
        guard remaining == 0, counts.count <= symbols else { throw Self.damaged }
        try fill(counts, log: log)
        return (position + 7) / 8
    }

    private static let damaged = CompressionError(.malformed, "zstd: a table is damaged")
}
