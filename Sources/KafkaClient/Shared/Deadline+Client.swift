import Transport

extension Deadline {
    /// A time that has passed for whoever asks.
    static let distantPast = Deadline.after(.seconds(-1_000_000))

    static func + (deadline: Deadline, duration: Duration) -> Deadline { deadline.advanced(by: duration) }
}

extension Duration {
    /// Whole milliseconds, as Kafka's requests want them.
    var milliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
