import ClickHouseProtocol

/// Days and moments: Foundation's dates where they are a whole number of the column's ticks, and plain numbers as ticks.
final class MomentWriter: ColumnWriter {
    private var values: [Int64] = []
    private let ticks: MomentTicks
    private let range: ClosedRange<Int64>

    override init(_ type: ColumnType, at place: String) {
        ticks = MomentTicks(of: type)
        range =
            switch type {
            case .date: 0...Int64(UInt16.max)
            case .date32: Int64(Int32.min)...Int64(Int32.max)
            case .dateTime: 0...Int64(UInt32.max)
            default: .min ... .max
            }
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * 8 }
    override var wholeArray: (any Any.Type)? { range == .min ... .max ? [Int64].self : nil }

    override func append(_ value: Int64) throws {
        guard range.contains(value) else { throw refused(value) }
        values.append(value)
    }
    override func append(moment seconds: Double) throws {
        guard let count = ticks.count(of: seconds), range.contains(count) else {
            throw refused("the Date of \(seconds) s since 2001")
        }
        values.append(count)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [Int64] { values += whole }
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        // All of them were checked to lie in the range.
        return switch type {
        case .date: .uint16(values.map { UInt16(truncatingIfNeeded: $0) })
        case .date32: .int32(values.map { Int32(truncatingIfNeeded: $0) })
        case .dateTime: .uint32(values.map { UInt32(truncatingIfNeeded: $0) })
        default: .int64(values)
        }
    }
}

/// A column's unit of time, and Foundation's: seconds since the beginning of 2001, as a Double.
struct MomentTicks {
    /// Ticks in a second; 1 where a tick is a second or longer.
    let perSecond: Int64
    /// Seconds in a tick; 1 where a tick is a second or shorter.
    let seconds: Int64

    init(of type: ColumnType) {
        switch type {
        case .date, .date32: (perSecond, seconds) = (1, 86_400)
        case .dateTime64(let precision, _): (perSecond, seconds) = (ColumnType.power(precision), 1)
        default: (perSecond, seconds) = (1, 1)
        }
    }

    /// The tick that a moment is; nil where it lies between two. It is the tick whose moment is the very same Double.
    func count(of moment: Double) -> Int64? {
        let whole = moment.rounded(.down)
        guard let days = Int64(exactly: whole) else { return nil }
        let (unix, overflow) = days.addingReportingOverflow(ForeignType.referenceSeconds)
        guard !overflow else { return nil }
        if seconds > 1 {
            guard moment == whole, unix % seconds == 0 else { return nil }
            return unix / seconds
        }
        let part = Int64(((moment - whole) * Double(perSecond)).rounded())
        let (ticks, isTooLarge) = unix.multipliedReportingOverflow(by: perSecond)
        let (sum, overflows) = ticks.addingReportingOverflow(part)
        guard !isTooLarge, !overflows, self.moment(of: sum) == moment else { return nil }
        return sum
    }

    /// The moment of a tick: the nearest that there is.
    func moment(of count: Int64) -> Double {
        if seconds > 1 { return Double(count) * Double(seconds) - Double(ForeignType.referenceSeconds) }
        let (whole, rest) = count.quotientAndRemainder(dividingBy: perSecond)
        return Double(whole - ForeignType.referenceSeconds) + Double(rest) / Double(perSecond)
    }

    /// The moment of a tick; nil where it is another tick's too, since the ticks are too fine.
    func exactMoment(of count: Int64) -> Double? {
        let moment = moment(of: count)
        return self.count(of: moment) == count ? moment : nil
    }
}
