import Transport

extension Deadline {
    /// A time that has passed for whoever asks.
    static let distantPast = Deadline.after(.seconds(-1_000_000))

    static func + (deadline: Deadline, duration: Duration) -> Deadline { deadline.advanced(by: duration) }
}

extension LoopSignal {
    /// Waits for the next signal, the deadline, or the task's cancellation: the caller looks which it was.
    func pause(until deadline: Deadline = .never) async {
        // Each reason to stop waiting is visible in the state that the caller looks at again.
        try? await wait(deadline: deadline)
    }
}

extension Duration {
    /// Whole milliseconds, as Kafka's requests want them.
    var milliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
