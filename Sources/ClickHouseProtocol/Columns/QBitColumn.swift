internal import Bytes

/// Reads vectors of one length that are written bit by bit: a run of strings for each bit of an element, the sign first, in
/// which each vector has a bit for each of its elements, the first element's in the last byte. They become arrays.
/// (ClickHouse: src/DataTypes/Serializations/SerializationQBit.cpp.)
final class QBitDecoder: ColumnDecoder {
    private let element: ColumnType
    private let dimension: Int
    private let width: Int
    private let planeBytes: Int
    private var rows = 0
    private var missing = 0
    private var writer = ByteWriter(capacity: 0)

    init(_ context: DecodingContext, element: ColumnType, dimension: Int) {
        self.element = element
        self.dimension = dimension
        width = element.qbitWidth
        planeBytes = (dimension + 7) / 8
        super.init(context)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        rows = count
        try context.claim(count, of: width * planeBytes)
        try context.claim(count, of: dimension * width / 8 + 8)
        missing = count * width * planeBytes
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        let count = min(missing, reader.remaining)
        writer.write(reader.rest.extracting(first: count))
        reader.move(to: reader.position + count)
        missing -= count
        return missing == 0
    }

    override func finish() throws(ClickHouseProtocolError) -> ColumnData {
        let planes = writer.take(capacity: 0).array
        let ends = (0..<rows).map { UInt64(($0 + 1) * dimension) }
        let values: ColumnData =
            switch element {
            case .bfloat16: .uint16(elements(planes))
            case .float32: .float32((elements(planes) as [UInt32]).map { Float(bitPattern: $0) })
            default: .float64((elements(planes) as [UInt64]).map { Double(bitPattern: $0) })
            }
        return .array(ArrayColumn(ends: ends, values: values))
    }

    private func elements<Bits: FixedWidthInteger>(_ planes: [UInt8]) -> [Bits] {
        var elements = [Bits](repeating: 0, count: rows * dimension)
        for bit in 0..<width {
            let mask = Bits(1) << Bits(width - 1 - bit)
            for row in 0..<rows {
                let start = (bit * rows + row) * planeBytes
                for place in 0..<dimension where planes[start + planeBytes - 1 - place / 8] >> UInt8(place % 8) & 1 != 0
                {
                    elements[row * dimension + place] |= mask
                }
            }
        }
        return elements
    }
}

extension ColumnType {
    /// The bits of an element of QBit.
    var qbitWidth: Int {
        switch self {
        case .bfloat16: 16
        case .float32: 32
        default: 64
        }
    }
}

extension ArrayColumn {
    /// Writes vectors bit by bit.
    ///
    /// - Throws: `.mismatch` where they are not all of the length.
    func encodeBits(
        of element: ColumnType, dimension: Int, into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        for row in 0..<count where range(row).count != dimension {
            throw ClickHouseProtocolError(
                .mismatch, "a vector of \(range(row).count) elements, QBit has \(dimension)")
        }
        switch (values, element) {
        case (.uint16(let values), .bfloat16): encode(values, dimension, into: &writer)
        case (.float32(let values), .float32): encode(values.map(\.bitPattern), dimension, into: &writer)
        case (.float64(let values), .float64): encode(values.map(\.bitPattern), dimension, into: &writer)
        default: throw ClickHouseProtocolError(.mismatch, "values that are no \(element)")
        }
    }

    private func encode<Bits: FixedWidthInteger>(_ values: [Bits], _ dimension: Int, into writer: inout ByteWriter) {
        var plane = [UInt8](repeating: 0, count: (dimension + 7) / 8)
        for bit in (0..<Bits.bitWidth).reversed() {
            for row in 0..<count {
                for index in plane.indices { plane[index] = 0 }
                for place in 0..<dimension where values[row * dimension + place] >> Bits(bit) & 1 != 0 {
                    plane[plane.count - 1 - place / 8] |= 1 << UInt8(place % 8)
                }
                writer.write(plane)
            }
        }
    }
}

/// Vectors, written bit by bit.
enum QBitFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["QBit"], column: "array", rows: "arrays of the element")
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        try parser.expect("(")
        let element = try parser.type(depth: depth + 1)
        guard [.bfloat16, .float32, .float64].contains(element) else { throw parser.unsupported() }
        try parser.expect(",")
        let dimension = try parser.number(1...0xff_ffff)
        try parser.expect(")")
        return .qbit(element: element, dimension: dimension)
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        guard case .qbit(let element, let dimension) = type else { return nil }
        return QBitDecoder(context, element: element, dimension: dimension)
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        guard case .array(let column) = data, case .qbit(let element, let dimension) = type else { return false }
        try column.encodeBits(of: element, dimension: dimension, into: &writer)
        return true
    }
}
