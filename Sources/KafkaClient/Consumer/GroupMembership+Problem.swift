import Transport

/// What is wrong with a membership, for those who ask.
extension GroupMembership {
    /// Whether it is a member of a generation, as far as it knows.
    var isMember: Bool { phase == .stable && !isLost }

    /// Why nothing of the group can be read now, and since when; nil while it is a member of a generation that knows, or is
    /// about to look up, where to begin.
    ///
    /// - Parameter other: what is the reason while joining itself has not failed.
    func problem(at now: Deadline, otherwise other: KafkaError? = nil) -> KafkaError? {
        if let stop { return stop.failure ?? KafkaError(.closed, "the consumer is closed") }
        if let apartSince {
            let lasted = "no member of the group for \(apartSince.duration(to: now).milliseconds) ms"
            return problem("\(lasted), \(step)", lastFailure ?? other)
        }
        guard let lastFailure else { return nil }
        return problem("the group's member could not begin to read what it was assigned", lastFailure)
    }

    private func problem(_ what: String, _ reason: KafkaError?) -> KafkaError {
        KafkaError(
            reason?.code ?? .rebalanceInProgress, reason.map { "\(what): \($0.message)" } ?? what,
            serverCode: reason?.serverCode, broker: reason?.broker, topic: reason?.topic, partition: reason?.partition,
            isRetriable: true)
    }

    private var step: String {
        switch phase {
        case .waiting: "about to join"
        case .joining: "joining"
        case .syncing: "waiting for its assignment"
        case .stable: "giving back what it lost"
        case .leaving, .ended: "leaving"
        }
    }
}
