/// Offsets come from the wire, and may be any number: what is computed of them must not trap.
extension Int64 {
    /// The offsets that a log can have: no log comes near the end of them.
    static let possibleOffsets: ClosedRange<Int64> = 0...(1 << 62)

    /// How many offsets there are from this one up to `end`; 0 where that lies before.
    func records(to end: Int64) -> Int64 {
        guard end > self else { return 0 }
        let (count, overflow) = end.subtractingReportingOverflow(self)
        return overflow ? .max : count
    }
}
