import Telemetry
import Transport

/// Whether brokers can be reached.
extension Cluster {
    /// Why no broker can be asked for anything now; nil where all is well, as far as this client has tried.
    var problem: KafkaError? {
        if isClosed { return closed }
        let isReached = round > 0 && isConnected
        guard !isReached || outage.isOutage(now: .now) else { return nil }
        let reason = outage.lastError.map { ": \($0.description)" } ?? ""
        return KafkaError(.connection, "no broker answers\(reason)", isRetriable: true)
    }

    /// Sees to it that an outage is looked at when it is to be told.
    func setOutageTimer() {
        guard let next = outage.nextLook, outageTimer == nil else { return }
        outageTimer = loop.schedule(at: next) { [weak self] in
            guard let self, !isClosed else { return }
            outageTimer = nil
            if let report = outage.look(now: .now) { log(report) }
            setOutageTimer()
        }
    }

    func log(_ report: OutageReporter.Report) {
        switch report {
        case .outage(let brokers, let reason, let lasted):
            logger.warning(
                "no broker answers",
                metadata: [
                    .broker: brokers.joined(separator: ","), .error: reason,
                    .milliseconds: lasted.milliseconds,
                ])
        case .over(let broker, let lasted):
            logger.info("a broker answers again", metadata: [.broker: broker, .milliseconds: lasted.milliseconds])
        }
    }
}

extension LogKey {
    /// The brokers that a line is about, each as `host:port`.
    static let broker: LogKey = "broker"
}
