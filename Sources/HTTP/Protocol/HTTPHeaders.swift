public import Bytes

/// The headers of a received message, as offsets into its bytes: looked up in place, names compared ignoring case.
public struct HTTPHeaders: Sendable {
    /// Where a header's name and value stand.
    @usableFromInline
    struct Field: Sendable {
        let name: Range<UInt32>
        let value: Range<UInt32>

        init(name: Range<Int>, value: Range<Int>) {
            // Both lie within the limit on header bytes, which is far below 4 GiB.
            self.name = UInt32(name.lowerBound)..<UInt32(name.upperBound)
            self.value = UInt32(value.lowerBound)..<UInt32(value.upperBound)
        }
    }

    let bytes: ByteSlice
    let fields: [Field]

    init(bytes: ByteSlice, fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// No headers.
    public static let empty = HTTPHeaders(bytes: .empty, fields: [])

    /// How many there are.
    public var count: Int { fields.count }

    /// The name of the header at `index`, as it was sent.
    public func name(at index: Int) -> ByteSlice { slice(fields[index].name) }

    /// The value of the header at `index`, without the white space around it.
    public func value(at index: Int) -> ByteSlice { slice(fields[index].value) }

    /// The value of the first header of that name, or nil.
    ///
    /// - Parameter name: In lower case.
    public func first(_ name: StaticString) -> ByteSlice? {
        for field in fields where span(field.name).holdsIgnoringCase(name) { return slice(field.value) }
        return nil
    }

    /// The values of all headers of that name, in their order.
    ///
    /// - Parameter name: In lower case.
    public func all(_ name: StaticString) -> [ByteSlice] {
        fields.filter { span($0.name).holdsIgnoringCase(name) }.map { slice($0.value) }
    }

    private func slice(_ range: Range<UInt32>) -> ByteSlice {
        bytes.slice(Int(range.lowerBound)..<Int(range.upperBound))
    }

    @_lifetime(borrow self)
    private func span(_ range: Range<UInt32>) -> RawSpan {
        bytes.span.extracting(Int(range.lowerBound)..<Int(range.upperBound))
    }
}
