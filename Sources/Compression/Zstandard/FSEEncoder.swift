/// An encoding table of finite state entropy (RFC 8878, 4.1): the other side of `FSETable`.
struct FSEEncoder: Sendable {
    /// How many bits a state has.
    let log: Int

    /// The states in the order of their symbols.
    private let states: [UInt16]

    /// For each symbol, what gives the number of bits to write when it is added to the state and shifted by 16.
    private let bitDeltas: [Int]

    /// For each symbol, where its states begin, counted from what is left of the state.
    private let stateDeltas: [Int]

    /// Makes the table of a distribution: a count for each symbol, -1 for "less than one".
    init(_ counts: [Int16], log: Int) {
        self.log = log
        let size = 1 << log
        // The same order of symbols that the decoder makes.
        var symbols = [Int](repeating: 0, count: size)
        var high = size
        for (symbol, count) in counts.enumerated() where count == -1 {
            high -= 1
            symbols[high] = symbol
        }
        let step = (size >> 1) + (size >> 3) + 3
        var position = 0
        for (symbol, count) in counts.enumerated() where count > 0 {
            for _ in 0..<count {
                symbols[position] = symbol
                repeat { position = (position + step) & (size - 1) } while position >= high
            }
        }
        var next: [Int] = []
        var bitDeltas: [Int] = []
        var stateDeltas: [Int] = []
        var total = 0
        for count in counts.map({ abs(Int($0)) }) {
            next.append(total)
            // One state alone takes all bits of the old one with it.
            let bits = count <= 1 ? log : log - (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
            bitDeltas.append((bits << 16) - (max(count, 1) << bits))
            stateDeltas.append(total - count)
            total += count
        }
        var states = [UInt16](repeating: 0, count: size)
        for (state, symbol) in symbols.enumerated() {
            states[next[symbol]] = UInt16(size + state)
            next[symbol] += 1
        }
        self.states = states
        self.bitDeltas = bitDeltas
        self.stateDeltas = stateDeltas
    }

    /// The state that the symbol to be decoded last is written with.
    func first(_ symbol: Int) -> Int {
        let delta = bitDeltas[symbol]
        let bits = (delta + (1 << 15)) >> 16
        return Int(states[(((bits << 16) - delta) >> bits) + stateDeltas[symbol]])
    }

    /// Writes a symbol: the bits of the old state that do not matter to the new one.
    @inline(__always)
    func write(_ symbol: Int, _ state: inout Int, _ bits: inout ForwardBits) {
        let count = (state &+ bitDeltas[symbol]) &>> 16
        bits.write(state, count)
        state = Int(states[(state &>> count) &+ stateDeltas[symbol]])
    }

    static let literalLengths = FSEEncoder(ZstdFormat.literalLengthCounts, log: 6)
    static let offsets = FSEEncoder(ZstdFormat.offsetCounts, log: 5)
    static let matchLengths = FSEEncoder(ZstdFormat.matchLengthCounts, log: 6)
}
