internal import Bytes

/// A run of values of one width, one behind the other, the least significant byte first: copied as it is.
/// (ClickHouse: src/DataTypes/Serializations/SerializationNumber.cpp.)
struct NumberRun<Value: BitwiseCopyable> {
    private(set) var values: [Value] = []
    private var missing = 0

    /// Columns of up to so many bytes get their memory at once; longer ones as their bytes come.
    private static var trustedBytes: Int { 1 << 20 }

    mutating func begin(_ count: Int, _ context: DecodingContext) throws(ClickHouseProtocolError) {
        try context.claim(count, of: MemoryLayout<Value>.stride)
        missing = count
    }

    /// Copies what has come, whole values only; true once all are there.
    mutating func read(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        let stride = MemoryLayout<Value>.stride
        let count = min(missing, reader.remaining / stride)
        guard count > 0 else { return missing == 0 }
        if values.isEmpty, missing <= Self.trustedBytes / stride { values.reserveCapacity(missing) }
        do {
            let bytes = try reader.readSpan(count * stride)
            values.append(addingCapacity: count) { target in
                unsafe bytes.withUnsafeBytes { source in
                    unsafe target.withUnsafeMutableBufferPointer { target, initialized in
                        // The source has `count` strides of bytes, and the target room for as many values, of types
                        // for which any bits are a value and which have no padding.
                        unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
                        initialized = count
                    }
                }
            }
        } catch {
            throw ClickHouseProtocolError(error)
        }
        missing -= count
        return missing == 0
    }

    /// Takes values that have come in another way.
    mutating func replace(_ given: [Value]) {
        values = given
        missing = 0
    }

    mutating func take() -> [Value] {
        defer { values = [] }
        return values
    }
}

/// Reads numbers, dates, times, UUIDs: whatever has a fixed width and no further structure.
final class NumbersDecoder<Value: BitwiseCopyable>: ColumnDecoder {
    private var run = NumberRun<Value>()
    private let wrap: ([Value]) -> ColumnData

    init(_ context: DecodingContext, wrap: @escaping ([Value]) -> ColumnData) {
        self.wrap = wrap
        super.init(context)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) { try run.begin(count, context) }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        try run.read(&reader)
    }

    override func finish() -> ColumnData { wrap(run.take()) }
}

/// Checks that ends (of strings in their bytes, of rows in an array's elements) rise, and gives the last one.
func checkedEnds(_ ends: [UInt64], _ what: StaticString) throws(ClickHouseProtocolError) -> UInt64 {
    var previous: UInt64 = 0
    var falls = false
    for end in ends {
        falls = falls || end < previous
        previous = end
    }
    guard !falls else { throw ClickHouseProtocolError(.malformed, "\(what) do not rise") }
    return previous
}
