import Synchronization

/// A time zone's clock: how far it is ahead of UTC, and from when on.
struct LocalTime: Hashable, Sendable {
    /// From each moment on, in seconds since 1970, another offset holds; ascending.
    let changes: [Int64]
    /// The offsets in seconds: before the first change, and from each change on.
    let offsets: [Int]

    /// UTC, which never changes.
    static let utc = LocalTime(changes: [], offsets: [0])

    init(changes: [Int64], offsets: [Int]) {
        self.changes = changes
        self.offsets = offsets
    }

    /// The index of the offset that holds at a moment.
    private func index(at seconds: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// How many seconds the clock is ahead of UTC at a moment.
    func offset(at seconds: Int64) -> Int { offsets[index(at: seconds)] }

    /// The first moment at which the clock shows this local time or a later one. Where the clock skips it, that is the
    /// change; where it comes twice, the first time.
    func moment(ofLocal local: Int64) -> Int64 {
        // No clock is further than a day from UTC.
        var index = index(at: local - 86_400)
        while index < changes.count {
            let start = index == 0 ? Int64.min : changes[index - 1]
            let moment = local - Int64(offsets[index])
            if moment < changes[index] { return max(moment, start) }
            index += 1
        }
        let moment = local - Int64(offsets[index])
        return index == 0 ? moment : max(moment, changes[index - 1])
    }

    /// The changes after one moment and before another.
    func changes(after: Int64, before: Int64) -> ArraySlice<Int64> {
        let first = index(at: after)
        var last = first
        while last < changes.count, changes[last] < before { last += 1 }
        return changes[first..<last]
    }

    // MARK: By name

    private static let known = Mutex<[String: LocalTime]>([:])

    /// The zone of an IANA name; nil where there is none. Files are read once.
    static func named(_ name: String) -> LocalTime? {
        if name == "UTC" { return utc }
        if let zone = known.withLock({ $0[name] }) { return zone }
        guard isName(name), let bytes = ZoneFile.read(name), let zone = ZoneFile.decode(bytes) else { return nil }
        // There are only as many as there are files.
        known.withLock { $0[name] = zone }
        return zone
    }

    /// Whether it may be a zone's name, and is no path to something else.
    static func isName(_ name: String) -> Bool {
        guard name.utf8.count <= 64, let first = name.utf8.first, (0x41...0x5a).contains(first) else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2b, 0x2d: true
                    default: false
                    }
                }
        }
    }
}
