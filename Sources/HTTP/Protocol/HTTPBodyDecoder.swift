public import Bytes

/// Takes a message's body off a buffer, piece by piece, as slices of the buffer's memory.
public struct HTTPBodyDecoder {
    /// What a step gave.
    public enum Step: Sendable {
        /// Some bytes of the body.
        case bytes(ByteSlice)
        /// Nothing yet: more bytes must come.
        case partial
        /// The body is whole, and its bytes are out of the buffer.
        case end
    }

    private enum State {
        case length(Int)
        case untilClose
        case chunkLine
        case chunk(Int)
        case chunkEnd
        case trailers
        case done
    }

    private var state: State
    private let limits: HTTPLimits
    private var lines = LineScanner()
    private var block = HeaderBlockParser()
    /// Bytes of chunks' extensions so far: nobody wants them, so a body must not be made of them.
    private var extensionBytes = 0

    /// What followed the last chunk (RFC 9112, section 7.1.2); never mixed with the headers.
    public private(set) var trailers = HTTPHeaders.empty

    /// Makes a decoder for a body of that framing.
    public init(_ framing: HTTPFraming, limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        switch framing {
        case .none: state = .done
        case .length(let length): state = length > 0 ? .length(length) : .done
        case .chunked: state = .chunkLine
        case .untilClose: state = .untilClose
        }
    }

    /// Whether the body is whole.
    public var isDone: Bool {
        if case .done = state { true } else { false }
    }

    /// Whether the end of the connection is the end of the body, too.
    public var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// How many more bytes there are at least: what is worth reading in one go.
    public var wanted: Int {
        switch state {
        case .length(let rest), .chunk(let rest): rest
        default: 0
        }
    }

    /// The next piece of the body.
    ///
    /// - Throws: `HTTPError` 400 for chunks that are none, 431 for trailers past the limits.
    public mutating func next(_ buffer: ReceiveBuffer) throws(HTTPError) -> Step {
        while true {
            switch state {
            case .done:
                return .end
            case .untilClose:
                return buffer.isEmpty ? .partial : .bytes(buffer.takeSlice(buffer.count))
            case .length(let rest):
                guard !buffer.isEmpty else { return .partial }
                let count = min(rest, buffer.count)
                state = count == rest ? .done : .length(rest - count)
                return .bytes(buffer.takeSlice(count))
            case .chunk(let rest):
                guard !buffer.isEmpty else { return .partial }
                let count = min(rest, buffer.count)
                state = count == rest ? .chunkEnd : .chunk(rest - count)
                return .bytes(buffer.takeSlice(count))
            case .chunkLine:
                guard let size = try chunkSize(buffer) else { return .partial }
                state = size == 0 ? .trailers : .chunk(size)
            case .chunkEnd:
                guard try passChunkEnd(buffer) else { return .partial }
                state = .chunkLine
            case .trailers:
                guard try passTrailers(buffer) else { return .partial }
                state = .done
            }
        }
    }

    /// The size that the next line gives: hexadecimal digits, and nothing before or behind them but extensions, which
    /// are checked and left.
    private mutating func chunkSize(_ buffer: ReceiveBuffer) throws(HTTPError) -> Int? {
        let bytes = buffer.span
        let line: Range<Int>
        switch try lines.next(in: bytes, before: limits.chunkLine) {
        case .partial: return nil
        case .tooLong: throw HTTPError(.badRequest, "a chunk's size line is longer than \(limits.chunkLine) bytes")
        case .whole(let found): line = found
        }
        var size = 0
        var at = line.lowerBound
        while at < line.upperBound, let digit = bytes.at(at).hexadecimalValue {
            // Fifteen digits always fit.
            guard at - line.lowerBound < 15 else { throw HTTPError(.badRequest, "a chunk's size has too many digits") }
            size = size << 4 | Int(digit)
            at += 1
        }
        guard at > line.lowerBound, at == line.upperBound || bytes.at(at) == UInt8(ascii: ";"),
            bytes.isHeaderValue(at..<line.upperBound)
        else { throw HTTPError(.badRequest, "a chunk has no valid size") }
        extensionBytes += line.upperBound - at
        guard extensionBytes <= limits.chunkExtensions else {
            throw HTTPError(.badRequest, "the chunks' extensions are longer than \(limits.chunkExtensions) bytes")
        }
        buffer.consume(lines.lineStart)
        lines.restart()
        return size
    }

    private func passChunkEnd(_ buffer: ReceiveBuffer) throws(HTTPError) -> Bool {
        let bytes = buffer.span
        guard bytes.byteCount > 0 else { return false }
        guard bytes.at(0) == 0x0d, bytes.byteCount == 1 || bytes.at(1) == 0x0a else {
            throw HTTPError(.badRequest, "a chunk is longer than its size")
        }
        guard bytes.byteCount > 1 else { return false }
        buffer.consume(2)
        return true
    }

    private mutating func passTrailers(_ buffer: ReceiveBuffer) throws(HTTPError) -> Bool {
        let bytes = buffer.span
        while true {
            switch try lines.next(in: bytes, before: limits.headerBytes) {
            case .partial: return false
            case .tooLong:
                throw HTTPError(.headerFieldsTooLarge, "the trailers are longer than \(limits.headerBytes) bytes")
            case .whole(let line) where line.isEmpty:
                trailers = HTTPHeaders(bytes: buffer.takeSlice(lines.lineStart), fields: block.fields)
                lines.restart()
                return true
            case .whole(let line):
                try block.parse(bytes, line, limit: limits.headerCount)
                // Whoever mixes trailers with headers would take another length (RFC 9110, section 6.5.1).
                if block.facts.hasFraming { throw HTTPError(.badRequest, "a trailer tells of length, coding or host") }
            }
        }
    }
}
