import Bytes

/// How a message's end is known (RFC 9112, section 6).
public enum HTTPFraming: Hashable, Sendable {
    /// It has no body.
    case none
    /// The body has so many bytes.
    case length(Int)
    /// The body comes in chunks.
    case chunked
    /// The body ends with the connection: responses alone.
    case untilClose
}

/// What a head's headers say about the message, gathered while they are parsed. Whatever two parsers could read in two
/// ways is refused: two lengths (even equal ones), a list of lengths, a length beside a transfer coding.
struct HeaderFacts {
    var length: Int?
    var isChunked = false
    var hasTransferEncoding = false
    var asksToClose = false
    var asksToKeepAlive = false
    var host: Range<Int>?
    var expectation = HTTPExpectation.none

    /// Whether any header tells where the message ends or to whom it goes.
    var hasFraming: Bool { length != nil || hasTransferEncoding || host != nil }

    /// Takes a header into account.
    @inline(__always)
    mutating func note(_ bytes: RawSpan, name: Range<Int>, value: Range<Int>) throws(HTTPError) {
        let text = bytes.extracting(unchecked: name)
        switch name.count {
        case 4 where text.holdsIgnoringCase("host"):
            guard host == nil else { throw HTTPError(.badRequest, "Host is given twice") }
            host = value
        case 6 where text.holdsIgnoringCase("expect"):
            let isContinue = bytes.extracting(unchecked: value).holdsIgnoringCase("100-continue")
            expectation = isContinue && expectation != .other ? .continue : .other
        case 10 where text.holdsIgnoringCase("connection"):
            noteConnection(bytes, value)
        case 14 where text.holdsIgnoringCase("content-length"):
            try noteLength(bytes, value)
        case 17 where text.holdsIgnoringCase("transfer-encoding"):
            try noteTransferEncoding(bytes, value)
        default:
            break
        }
    }

    private mutating func noteLength(_ bytes: RawSpan, _ value: Range<Int>) throws(HTTPError) {
        guard length == nil else { throw HTTPError(.badRequest, "Content-Length is given twice") }
        guard !value.isEmpty else { throw HTTPError(.badRequest, "Content-Length is empty") }
        var length = 0
        for index in value {
            let digit = bytes.at(index) &- UInt8(ascii: "0")
            guard digit < 10 else { throw HTTPError(.badRequest, "Content-Length is not a number") }
            // A length that no machine can hold is refused as the largest one is: by the limit on bodies.
            let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit))
            length = overflow || carry || length == .max ? .max : sum
        }
        self.length = length
    }

    private mutating func noteTransferEncoding(_ bytes: RawSpan, _ value: Range<Int>) throws(HTTPError) {
        guard !hasTransferEncoding else { throw HTTPError(.badRequest, "Transfer-Encoding is given twice") }
        hasTransferEncoding = true
        let text = bytes.extracting(unchecked: value)
        if text.holdsIgnoringCase("chunked") {
            isChunked = true
            return
        }
        // Codings before a final `chunked` are ones that this server does not know; without it the end is unknown.
        let last = (text.lastIndex(of: UInt8(ascii: ",")) ?? -1) + 1
        let final = bytes.trimmed((value.lowerBound + last)..<value.upperBound)
        let isFinal = bytes.extracting(unchecked: final).holdsIgnoringCase("chunked")
        let first = bytes.trimmed(
            value.lowerBound..<(value.lowerBound + (text.firstIndex(of: UInt8(ascii: ",")) ?? text.byteCount)))
        let isRepeated = bytes.extracting(unchecked: first).holdsIgnoringCase("chunked")
        guard isFinal, !isRepeated, !first.isEmpty else {
            throw HTTPError(.badRequest, "Transfer-Encoding must end in a single chunked")
        }
        throw HTTPError(.notImplemented, "of the transfer codings only chunked is known")
    }

    private mutating func noteConnection(_ bytes: RawSpan, _ value: Range<Int>) {
        var start = value.lowerBound
        while start <= value.upperBound {
            var end = start
            while end < value.upperBound, bytes.at(end) != UInt8(ascii: ",") { end += 1 }
            let option = bytes.extracting(unchecked: bytes.trimmed(start..<end))
            if option.holdsIgnoringCase("close") { asksToClose = true }
            if option.holdsIgnoringCase("keep-alive") { asksToKeepAlive = true }
            start = end + 1
        }
    }
}

/// What a request expects before it sends its body (RFC 9110, section 10.1.1).
public enum HTTPExpectation: Hashable, Sendable {
    /// Nothing.
    case none
    /// A word that the body is wanted.
    case `continue`
    /// Something that no server knows, to be refused with 417.
    case other
}

extension RawSpan {
    /// The offset of the last `byte`, or nil.
    func lastIndex(of byte: UInt8) -> Int? {
        var index = byteCount
        while index > 0 {
            index -= 1
            if at(index) == byte { return index }
        }
        return nil
    }
}
