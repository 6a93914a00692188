import ClickHouseProtocol

/// Days and moments: Foundation's dates where they are a whole number of the column's ticks, and plain numbers as ticks.
final class MomentWriter<Stored: FixedWidthInteger>: ColumnWriter {
    private var values: [Stored] = []
    private let ticks: MomentTicks
    private let wrap: ([Stored]) -> ColumnData

    init(
        _ type: ColumnType, at place: String, ticksPerSecond: Int64, secondsPerTick: Int64,
        wrap: @escaping ([Stored]) -> ColumnData
    ) {
        ticks = MomentTicks(perSecond: ticksPerSecond, seconds: secondsPerTick)
        self.wrap = wrap
        super.init(type, at: place)
    }

    override var count: Int { values.count }
    override var byteCount: Int { values.count * MemoryLayout<Stored>.stride }
    override var wholeArray: (any Any.Type)? { [Stored].self }

    override func append(_ value: Int64) throws {
        guard let stored = Stored(exactly: value) else { throw refused(value) }
        values.append(stored)
    }
    override func append(moment seconds: Double) throws {
        guard let count = ticks.count(of: seconds), let stored = Stored(exactly: count) else {
            throw refused("the Date of \(seconds) s since 2001")
        }
        values.append(stored)
    }
    override func append(elements whole: Any) {
        if let whole = whole as? [Stored] { values += whole }
    }
    override func appendDefault() { values.append(0) }
    override func take() -> ColumnData {
        defer { values = [] }
        return wrap(values)
    }
}

/// A column's unit of time, and Foundation's: seconds since the beginning of 2001, as a Double.
struct MomentTicks {
    /// Ticks in a second; 1 where a tick is a second or longer.
    let perSecond: Int64
    /// Seconds in a tick; 1 where a tick is a second or shorter.
    let seconds: Int64

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
