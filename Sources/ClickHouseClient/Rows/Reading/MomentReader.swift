import ClickHouseProtocol

/// Days and moments: as Foundation's dates, and as their count of ticks.
final class MomentReader: CellReader {
    private var values: [Int64] = []
    private let ticks: MomentTicks

    override init(_ type: ColumnType, at path: [CellKey]) {
        ticks = MomentTicks(of: type)
        super.init(type, at: path)
    }

    override func bind(_ data: ColumnData) -> Bool {
        switch data {
        case .uint16(let values): self.values = values.map { Int64($0) }
        case .int32(let values): self.values = values.map { Int64($0) }
        case .uint32(let values): self.values = values.map { Int64($0) }
        case .int64(let values): self.values = values
        default: return false
        }
        return true
    }

    override func int64(_ row: Int, _ wanted: any Any.Type) -> Int64 { values[row] }
    override func double(_ row: Int) throws -> Double {
        guard let number = Double(exactly: values[row]) else { throw inexact(row, Double.self) }
        return number
    }
    override func moment(_ row: Int, _ wanted: any Any.Type) throws -> Double {
        guard let moment = ticks.exactMoment(of: values[row]) else { throw inexact(row, wanted) }
        return moment
    }
    override var wholeArray: (any Any.Type)? { [Int64].self }
    override func whole(_ rows: Range<Int>) -> Any? { Array(values[rows]) }
    override func shown(_ row: Int) -> String { "\(values[row])" }
}
