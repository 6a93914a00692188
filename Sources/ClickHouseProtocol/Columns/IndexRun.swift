internal import Bytes

/// Indexes of 1, 2, 4 or 8 bytes each, brought to 4.
struct IndexRun {
    private let width: UInt8
    // One of them is in use; the others are empty and cost nothing.
    private var one = NumberRun<UInt8>()
    private var two = NumberRun<UInt16>()
    private var four = NumberRun<UInt32>()
    private var eight = NumberRun<UInt64>()

    /// - Parameter width: the exponent: 0 for 1 byte, 3 for 8.
    init(width: UInt8, count: Int, _ context: DecodingContext) throws(ClickHouseProtocolError) {
        self.width = width
        switch width {
        case 0: try one.begin(count, context)
        case 1: try two.begin(count, context)
        case 2: try four.begin(count, context)
        default: try eight.begin(count, context)
        }
    }

    mutating func read(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        switch width {
        case 0: try one.read(&reader)
        case 1: try two.read(&reader)
        case 2: try four.read(&reader)
        default: try eight.read(&reader)
        }
    }

    /// The indexes, all of them checked to lie below `size`.
    func indexes(below size: Int) throws(ClickHouseProtocolError) -> [UInt32] {
        switch width {
        case 0: try Self.checked(one.values, below: size)
        case 1: try Self.checked(two.values, below: size)
        case 2: try Self.checked(four.values, below: size)
        default: try Self.checked(eight.values, below: size)
        }
    }

    private static func checked<Value: FixedWidthInteger & UnsignedInteger>(
        _ values: [Value], below size: Int
    ) throws(ClickHouseProtocolError) -> [UInt32] {
        var greatest: Value = 0
        for value in values { greatest = max(greatest, value) }
        guard values.isEmpty || UInt64(greatest) < UInt64(min(size, Int(UInt32.max))) else {
            throw ClickHouseProtocolError(.malformed, "index \(greatest) into a dictionary of \(size)")
        }
        return values.map { UInt32(truncatingIfNeeded: $0) }
    }
}
