import ClickHouseProtocol

/// Decimals: of whole numbers, of Foundation's decimals, of texts, and of numbers that tell one in their shortest form.
final class DecimalWriter<Stored>: ColumnWriter {
    private var values: [Stored] = []
    private let scale: Int
    private let power: Int64?
    private let limit: UInt256
    private let exactly: (Int256) -> Stored?
    private let wrap: ([Stored]) -> ColumnData

    init(
        _ type: ColumnType, at place: String, _ precision: Int, _ scale: Int, _ exactly: @escaping (Int256) -> Stored?,
        wrap: @escaping ([Stored]) -> ColumnData
    ) {
        self.scale = scale
        self.exactly = exactly
        self.wrap = wrap
        power = scale <= 18 ? ColumnType.power(scale) : nil
        var limit = UInt256(low: 1)
        for _ in 0..<precision { _ = limit.append(digit: 0) }
        self.limit = limit
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * MemoryLayout<Stored>.stride }

    private func append(ticks: Int256?, _ shown: some CustomStringConvertible) throws {
        guard let ticks, ticks.magnitude < limit, let stored = exactly(ticks) else { throw refused(shown) }
        values.append(stored)
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
        if let zero = exactly(Int256(0)) { values.append(zero) }
    }
    override func take() -> ColumnData {
        defer { values = [] }
        return wrap(values)
    }
}

extension UInt256 {
    static func < (left: UInt256, right: UInt256) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}
