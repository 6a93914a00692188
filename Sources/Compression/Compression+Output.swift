import Bytes

/// How decompressed bytes go into a writer: piece by piece, and never more of them than the limit.
struct BoundedOutput {
    let format: String
    let limit: Int
    var written = 0

    init(_ format: String, limit: Int) {
        self.format = format
        self.limit = min(max(limit, 0), .max - 1)
    }

    /// How much room to offer next: what the compressed bytes promise at first, then as much again as there is.
    ///
    /// One byte more than the limit is offered, so that what is too large shows itself.
    func room(compressed: Int) -> Int {
        let wanted = max(written, compressed.multipliedReportingOverflow(by: 4).partialValue, 4096)
        return min(wanted, limit - written + 1, 16 << 20)
    }

    /// Counts what was written.
    mutating func count(_ bytes: Int) throws(CompressionError) {
        written += bytes
        guard written <= limit else { throw .limit(format, limit) }
    }
}
