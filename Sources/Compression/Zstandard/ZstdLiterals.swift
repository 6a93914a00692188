import Glibc

/// The literals of a block (RFC 8878, 3.1.1.3.1).
final class ZstdLiterals {
    /// The literals.
    let bytes: UnsafeMutablePointer<UInt8>

    /// How many there are.
    private(set) var count = 0

    private let huffman = HuffmanTable()

    init() {
        bytes = .allocate(capacity: ZstdFormat.maximumBlock)
    }

    deinit {
        bytes.deallocate()
    }

    /// Forgets what the frame before has left.
    func clear() { huffman.clear() }

    /// Reads the literals at the start of a block; how many bytes they took.
    func read(_ block: UnsafePointer<UInt8>, count length: Int) throws(CompressionError) -> Int {
        guard length > 0 else { throw Self.damaged }
        let kind = block[0] & 3
        let format = Int(block[0] >> 2 & 3)
        let headerSize = kind < 2 ? [1, 2, 1, 3][format] : [3, 3, 4, 5][format]
        guard headerSize <= length else { throw Self.damaged }
        var header = 0
        for index in 0..<headerSize { header |= Int(block[index]) << (8 * index) }
        if kind < 2 {
            count = headerSize == 1 ? header >> 3 : header >> 4
            guard count <= ZstdFormat.maximumBlock else { throw Self.damaged }
            let taken = headerSize + (kind == 0 ? count : 1)
            guard taken <= length else { throw Self.damaged }
            if kind == 0 {
                memcpy(bytes, block + headerSize, count)
            } else {
                memset(bytes, Int32(block[headerSize]), count)
            }
            return taken
        }
        let sizeBits = [10, 10, 14, 18][format]
        count = header >> 4 & ((1 << sizeBits) - 1)
        let compressed = header >> (4 + sizeBits) & ((1 << sizeBits) - 1)
        guard count <= ZstdFormat.maximumBlock, headerSize + compressed <= length else { throw Self.damaged }
        var start = block + headerSize
        var rest = compressed
        if kind == 2 {
            let taken = try huffman.read(start, count: rest)
            start += taken
            rest -= taken
        } else {
            guard huffman.isReady else { throw Self.damaged }
        }
        if format == 0 {
            try huffman.decode(start, byteCount: rest, into: bytes, count: count)
        } else {
            try readFourStreams(start, byteCount: rest)
        }
        return headerSize + compressed
    }

    /// Four streams behind the sizes of the first three.
    private func readFourStreams(_ start: UnsafePointer<UInt8>, byteCount: Int) throws(CompressionError) {
        let part = (count + 3) / 4
        guard byteCount >= 6, part * 3 <= count else { throw Self.damaged }
        var sizes = (0..<3).map { Int(start[$0 * 2]) | Int(start[$0 * 2 + 1]) << 8 }
        let last = byteCount - 6 - sizes.reduce(0, +)
        guard last > 0 else { throw Self.damaged }
        sizes.append(last)
        var position = 6
        for (index, size) in sizes.enumerated() {
            let symbols = index < 3 ? part : count - 3 * part
            try huffman.decode(start + position, byteCount: size, into: bytes + index * part, count: symbols)
            position += size
        }
    }

    private static let damaged = CompressionError(.malformed, "zstd: the literals are damaged")
}
