public import Bytes
import JSON

/// Finds the items of a batch's body, one after the other: the elements of a JSON array, or lines with a JSON value each
/// (NDJSON). Of an array, JSON's grammar is checked on the way; what an item holds is `EventDraft.item`'s matter, as is
/// a line.
public struct BatchReader: Sendable {
    /// The whole body.
    public let body: ByteSlice

    private let maximumItems: Int
    private let isArray: Bool
    private var count = 0
    /// Where the array goes on.
    private var place = JSONReader.Place()
    /// Where the next line begins.
    private var line = 0

    /// Reads a body whose first byte that is no white space tells what it is.
    ///
    /// - Parameter maximumItems: How many items there may be.
    /// - Throws: `EventError` `.json` where a byte-order mark stands before it.
    public init(_ body: ByteSlice, maximumItems: Int) throws(EventError) {
        self.body = body
        self.maximumItems = maximumItems
        let bytes = body.span
        if bytes.byteCount >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf {
            throw EventError(.json, "body", "a byte-order mark must not stand before the JSON (at byte 0)")
        }
        let first = bytes.endOfWhitespace(from: 0)
        isArray = first < bytes.byteCount && bytes[first] == UInt8(ascii: "[")
        guard isArray else { return }
        do throws(JSONError) {
            var reader = JSONReader(skimming: bytes)
            try reader.beginArray()
            place = reader.place
        } catch {
            throw EventError(error)
        }
    }

    /// Where in the body the next item stands, without white space around it; nil behind the last one.
    ///
    /// - Throws: `EventError`: `.json` where an array is no JSON, `.tooMany` where there are more items than there may be,
    ///   `.empty` where there is none. There are no further items then.
    public mutating func next() throws(EventError) -> Range<Int>? {
        guard let item = isArray ? try nextElement() : nextLine() else {
            if count == 0 { throw EventError(.empty, "body", "holds no items") }
            return nil
        }
        guard count < maximumItems else {
            throw EventError(.tooMany, "body", "holds more than \(maximumItems) items")
        }
        count += 1
        return item
    }

    private mutating func nextElement() throws(EventError) -> Range<Int>? {
        // A copy of the reference, so that reading does not borrow `self`.
        let body = body
        do throws(JSONError) {
            var reader = JSONReader(skimming: body.span, from: place)
            guard try reader.nextElement() else {
                try reader.finish()
                return nil
            }
            let start = reader.position
            try reader.skim()
            place = reader.place
            return start..<reader.position
        } catch {
            throw EventError(error)
        }
    }

    private mutating func nextLine() -> Range<Int>? {
        let body = body
        let bytes = body.span
        // Over the rest of the last line, and over lines that are empty.
        let start = bytes.endOfWhitespace(from: line)
        guard start < bytes.byteCount else { return nil }
        var end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? bytes.byteCount
        line = end
        while end > start, bytes.isWhitespace(at: end - 1) { end -= 1 }
        return start..<end
    }
}

extension RawSpan {
    /// Whether JSON takes the byte there for white space.
    fileprivate func isWhitespace(at offset: Int) -> Bool {
        let byte = self[offset]
        return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// The first byte at or after `start` that is no white space.
    fileprivate func endOfWhitespace(from start: Int) -> Int {
        var at = start
        while at < byteCount, isWhitespace(at: at) { at += 1 }
        return at
    }
}
