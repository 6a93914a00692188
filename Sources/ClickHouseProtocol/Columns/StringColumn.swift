public import Bytes

/// Strings: all their bytes in one piece, and where each one ends in them. ClickHouse's strings are any bytes; that they
/// are UTF-8 is a custom.
public struct StringColumn: Sendable, Hashable {
    /// The bytes of all strings, one behind the other.
    public let bytes: ByteSlice

    /// Where each string ends in `bytes`, counted from their start.
    public let ends: [UInt64]

    /// Puts strings together from their parts.
    ///
    /// - Precondition: the ends rise, and the last one is the number of bytes.
    public init(bytes: ByteSlice, ends: [UInt64]) {
        precondition(UInt64(bytes.count) == (ends.last ?? 0), "the last end is not that of the bytes")
        self.bytes = bytes
        self.ends = ends
    }

    /// The UTF-8 bytes of texts.
    public init(_ texts: some Sequence<String>) {
        var builder = StringColumnBuilder()
        for text in texts { builder.append(text) }
        self = builder.finish()
    }

    /// How many strings there are.
    @inlinable
    public var count: Int { ends.count }

    /// Where the string is in `bytes`.
    @inlinable
    public func range(_ index: Int) -> Range<Int> {
        let start = index == 0 ? 0 : ends[index &- 1]
        return Int(truncatingIfNeeded: start)..<Int(truncatingIfNeeded: ends[index])
    }

    /// The bytes of one string: a slice of the column's.
    @inlinable
    public subscript(index: Int) -> ByteSlice { bytes.slice(range(index)) }

    /// One string as text; what is not valid UTF-8 is replaced by U+FFFD.
    public func text(_ index: Int) -> String {
        let slice = self[index]
        return slice.utf8 ?? String(decoding: slice.array, as: UTF8.self)
    }

    /// Calls `body` with the bytes of one string in place.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes.span.extracting(range(index)))
    }

    /// Whether both hold the same strings.
    public static func == (left: StringColumn, right: StringColumn) -> Bool {
        left.ends == right.ends && left.bytes == right.bytes
    }
}

extension StringColumn: ExpressibleByArrayLiteral {
    /// The UTF-8 bytes of texts.
    public init(arrayLiteral texts: String...) { self.init(texts) }
}

/// Puts a `StringColumn` together, one string after the other, in memory that grows.
public struct StringColumnBuilder: ~Copyable {
    @usableFromInline
    var writer: ByteWriter

    @usableFromInline
    var ends: [UInt64]

    /// Makes a builder with room for so many strings, and so many bytes of them together.
    @inlinable
    public init(strings: Int = 0, bytes: Int = 256) {
        writer = ByteWriter(capacity: bytes)
        ends = []
        ends.reserveCapacity(strings)
    }

    /// How many strings there are so far.
    @inlinable
    public var count: Int { ends.count }

    /// Appends a text's UTF-8 bytes.
    @inlinable
    public mutating func append(_ text: String) {
        writer.write(text)
        ends.append(UInt64(writer.count))
    }

    /// Appends bytes.
    @inlinable
    public mutating func append(_ bytes: RawSpan) {
        writer.write(bytes)
        ends.append(UInt64(writer.count))
    }

    /// Appends bytes.
    @inlinable
    public mutating func append(_ bytes: ByteSlice) { append(bytes.span) }

    /// Appends the string that `body` writes.
    @inlinable
    public mutating func append<Failure: Error>(
        writing body: (inout ByteWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let start = writer.count
        do {
            try body(&writer)
        } catch {
            writer.truncate(to: start)
            throw error
        }
        precondition(writer.count >= start, "the strings before are not to be touched")
        ends.append(UInt64(writer.count))
    }

    /// The column; the builder is used up.
    @inlinable
    public consuming func finish() -> StringColumn {
        StringColumn(bytes: writer.finish(), ends: ends)
    }

    /// The column; the builder starts anew.
    @inlinable
    public mutating func take() -> StringColumn {
        let column = StringColumn(bytes: writer.take(capacity: writer.count), ends: ends)
        ends = []
        ends.reserveCapacity(column.count)
        return column
    }
}
