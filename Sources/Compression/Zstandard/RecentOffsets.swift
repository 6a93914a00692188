/// The last three offsets of a frame's matches, which have short forms (RFC 8878, 3.1.1.5).
struct RecentOffsets {
    private var offsets = (1, 4, 8)

    /// The offset that a value stands for: one of the last three, or a new one.
    @inline(__always)
    mutating func offset(of value: Int, isBehindLiterals: Bool) -> Int {
        if value > 3 {
            offsets = (value - 3, offsets.0, offsets.1)
            return offsets.0
        }
        switch isBehindLiterals ? value : value + 1 {
        case 1: break
        case 2: offsets = (offsets.1, offsets.0, offsets.2)
        case 3: offsets = (offsets.2, offsets.0, offsets.1)
        default: offsets = (offsets.0 - 1, offsets.0, offsets.1)
        }
        return offsets.0
    }

    /// The shortest value that stands for an offset.
    @inline(__always)
    mutating func value(of offset: Int, isBehindLiterals: Bool) -> Int {
        var value = offset + 3
        if isBehindLiterals {
            if offset == offsets.0 { value = 1 } else if offset == offsets.1 { value = 2 }
        } else if offset == offsets.1 {
            value = 1
        }
        _ = self.offset(of: value, isBehindLiterals: isBehindLiterals)
        return value
    }
}
