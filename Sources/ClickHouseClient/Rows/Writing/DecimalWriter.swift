import ClickHouseProtocol

/// Decimals: of whole numbers, of Foundation's decimals, of texts, and of numbers that tell one in their shortest form.
final class DecimalWriter: ColumnWriter {
    private var narrow: [Int64] = []
    private var wide: [Int256] = []
    private let precision: Int
    private let scale: Int
    private let power: Int64?
    private let limit: UInt256

    init(_ type: ColumnType, at place: String, _ precision: Int, _ scale: Int) {
        self.precision = precision
        self.scale = scale
        power = scale <= 18 ? ColumnType.power(scale) : nil
        var limit = UInt256(low: 1)
        for _ in 0..<precision { _ = limit.append(digit: 0) }
        self.limit = limit
        super.init(type, at: place)
    }

    override var count: Int { narrow.count + wide.count }
    override var byteCount: Int { narrow.count * 8 + wide.count * 32 }

    private func append(ticks: Int256?, _ shown: some CustomStringConvertible) throws {
        guard let ticks, ticks.magnitude < limit else { throw refused(shown) }
        if precision <= 18 { narrow.append(Int64(truncatingIfNeeded: ticks.low)) } else { wide.append(ticks) }
    }

    override func append(_ value: Int64) throws {
        guard let power else { return try append(ticks: DecimalText.ticks("\(value)", scale: scale), value) }
        // Two numbers of 64 bits multiplied fit 128.
        try append(ticks: Int256(Int128(value) * Int128(power)), value)
    }
    override func append(_ value: UInt64) throws { try append(decimal: "\(value)") }
    override func append(_ value: Int128) throws { try append(decimal: "\(value)") }
    override func append(_ value: UInt128) throws { try append(decimal: "\(value)") }
    override func append(_ value: Double) throws { try append(decimal: "\(value)") }
    override func append(_ value: Float) throws { try append(decimal: "\(value)") }
    override func append(_ value: String) throws { try append(decimal: value) }
    override func append(decimal text: String) throws {
        try append(ticks: DecimalText.ticks(text, scale: scale), text)
    }
    override func appendDefault() {
        if precision <= 18 { narrow.append(0) } else { wide.append(Int256(0)) }
    }
    override func take() -> ColumnData {
        defer { (narrow, wide) = ([], []) }
        // All of them were checked against the precision.
        return switch precision {
        case ...9: .int32(narrow.map { Int32(truncatingIfNeeded: $0) })
        case ...18: .int64(narrow)
        case ...38: .int128(wide.map { Int128(truncatingIfNeeded: $0.low) })
        default: .int256(wide)
        }
    }
}

extension UInt256 {
    static func < (left: UInt256, right: UInt256) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}
