import Transport

/// What a deadline that passed says of the server: whether it was silent, or only not done.
struct Silence {
    private let asked: Deadline
    private var hasHeard = false
    /// Since when nothing has come, as far as anybody waited for it.
    private var silentSince: Deadline

    init(asked: Deadline) {
        self.asked = asked
        silentSince = asked
    }

    /// Something is waited for; what the reader did before is not the server's fault.
    mutating func wait(at now: Deadline) { silentSince = now }

    /// Something came.
    mutating func hear(at now: Deadline) {
        hasHeard = true
        silentSince = now
    }

    /// What to say where the deadline passes now. A server that is well tells of its progress ten times a second.
    func description(at now: Deadline) -> String {
        let all = asked.duration(to: now)
        guard hasHeard else { return "the server did not answer within \(Self.spoken(all))" }
        let silent = silentSince.duration(to: now)
        if silent > .seconds(1), silent > all / 2 {
            return "the server has said nothing for \(Self.spoken(silent)), and was not done after \(Self.spoken(all))"
        }
        return "the query was not done after \(Self.spoken(all))"
    }

    /// A duration for people: `350 ms`, `2.5 s`, `20 s`.
    static func spoken(_ duration: Duration) -> String {
        let milliseconds = max(duration.wholeNanoseconds, 0) / 1_000_000
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let tenths = (milliseconds + 50) / 100
        return tenths % 10 == 0 || tenths >= 100 ? "\((tenths + 5) / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
