import Bytes

/// Finds the lines of a message's head or trailers in a growing buffer; no byte is searched twice.
struct LineScanner {
    /// Where the next line begins.
    private(set) var lineStart = 0

    /// Up to where no line feed was found.
    private var searched = 0

    enum Line {
        /// The line's bytes, without CR LF.
        case whole(Range<Int>)
        /// More bytes are needed.
        case partial
        /// The line, or what was received of it, is longer than the limit.
        case tooLong
    }

    /// The next line.
    ///
    /// - Parameter end: The offset that the line's end must not pass. It holds for a partial line, too: whether bytes
    ///   come at once or one by one makes no difference.
    /// - Throws: `HTTPError` 400 where a line feed comes without its carriage return, or the other way round.
    mutating func next(in bytes: RawSpan, before end: Int) throws(HTTPError) -> Line {
        guard let feed = bytes.firstIndex(of: 0x0a, from: searched) else {
            searched = bytes.byteCount
            return bytes.byteCount > end ? .tooLong : .partial
        }
        guard feed <= end else { return .tooLong }
        guard feed > lineStart, bytes.at(feed - 1) == 0x0d else {
            throw HTTPError(.badRequest, "a line must end in CR LF")
        }
        defer {
            lineStart = feed + 1
            searched = feed + 1
        }
        return .whole(lineStart..<(feed - 1))
    }

    /// Counts from the front again: what lies before the next line was consumed.
    mutating func restart() {
        lineStart = 0
        searched = 0
    }
}
