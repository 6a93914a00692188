import Telemetry
import Transport

/// What an operator is told of a group that is not joined.
extension GroupSession {
    /// A coordinator that moves, or one that restarts, takes about so long.
    static let joinPatience = Duration.seconds(5)

    /// Logs where joining has failed for a while, now and then while it goes on, and once when that is over.
    func reportOutage(at now: Deadline) {
        if membership.isStopping {
            outage = OutageReporter(patience: Self.joinPatience)
        } else if membership.isMember {
            if let report = outage.answered(coordinator.group, now: now) { log(report) }
        } else if let failure = membership.lastFailure {
            outage.asked(coordinator.group, now: now)
            outage.failed(failure)
            if let report = outage.look(now: now) { log(report) }
        }
    }

    private func log(_ report: OutageReporter.Report) {
        switch report {
        case .outage(_, let reason, let lasted):
            logger.warning(
                "the group cannot be joined",
                metadata: [.group: coordinator.group, .error: reason, .milliseconds: lasted.milliseconds])
        case .over(_, let lasted):
            logger.info(
                "a member of the group again",
                metadata: [.group: coordinator.group, .milliseconds: lasted.milliseconds])
        }
    }
}

extension LogKey {
    /// The consumer group that a line is about.
    static let group: LogKey = "group"
}
