import Telemetry
import Transport

extension EventStore {
    /// Brings the database to the newest schema, as `migrate()` does, and waits for a ClickHouse that cannot be reached yet.
    /// The log says within seconds that it waits, for which address, and why.
    ///
    /// - Parameter patience: how long to go on trying.
    /// - Returns: The steps that were applied now.
    /// - Throws: `EventStoreError`: the last one where patience is over; at once where trying again does not help.
    @discardableResult
    public func migrate(waitingUpTo patience: Duration) async throws -> [Migration] {
        let end = Deadline.after(patience)
        return try await reportingWaits { failed in
            while true {
                do throws(EventStoreError) {
                    return try await migrate()
                } catch {
                    guard [.unavailable, .busy, .timeout].contains(error.code), !end.hasPassed else { throw error }
                    failed(error)
                }
                try await loop.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Waits until the database has the schema that this program works with. The log says within seconds that it waits, for
    /// which address, and why.
    ///
    /// - Throws: `EventStoreError`, permanent, where the schema is newer than this program, or another one;
    ///   `CancellationError`.
    public func waitForSchema() async throws {
        try await waitForSchema(WaitReport.Times(), say: nil)
    }

    func waitForSchema(_ times: WaitReport.Times, say: ((WaitReport.Line) -> Void)?) async throws {
        try await reportingWaits(times, say: say) { failed in
            var attempts = Attempts(Backoff(first: .milliseconds(50), limit: .seconds(2)))
            while true {
                do throws(EventStoreError) {
                    let missing = try await schemaState().missing()
                    if missing.isEmpty { return }
                    throw .missing(missing)
                } catch {
                    if error.isPermanent { throw error }
                    failed(error)
                }
                try await loop.sleep(for: attempts.failed())
            }
        }
    }

    /// Runs what may take long, on the loop, and says so meanwhile. An attempt may be under way for as long as a connection
    /// takes, so a timer speaks.
    private func reportingWaits<Result>(
        _ times: WaitReport.Times = .init(), say: ((WaitReport.Line) -> Void)? = nil,
        _ body: (_ failed: (EventStoreError) -> Void) async throws -> Result
    ) async throws -> Result {
        try await loop.run {
            let reporter = WaitReporter(WaitReport(times, start: .now), on: loop, say: say ?? log(_:))
            reporter.begin()
            defer { reporter.end() }
            let result = try await body { reporter.report.fail($0) }
            if let line = reporter.report.end(at: .now) { reporter.say(line) }
            return result
        }
    }

    private func log(_ line: WaitReport.Line) {
        let endpoint = configuration.servers
        switch line {
        case .waiting(let time, .schema, let reason):
            Self.log.warning(
                "the database's schema is not there yet",
                metadata: [.endpoint: endpoint, .error: reason, .seconds: time.components.seconds])
        case .waiting(let time, _, let reason):
            Self.log.warning(
                "ClickHouse does not answer as it should yet",
                metadata: [.endpoint: endpoint, .error: reason, .seconds: time.components.seconds])
        case .over(let time):
            Self.log.info(
                "ClickHouse answers now", metadata: [.endpoint: endpoint, .seconds: time.components.seconds])
        }
    }
}

/// Says on its loop what a report has to say, when it is due.
private final class WaitReporter {
    var report: WaitReport
    let say: (WaitReport.Line) -> Void
    private let loop: EventLoop
    private var timer: LoopTimer?

    init(_ report: WaitReport, on loop: EventLoop, say: @escaping (WaitReport.Line) -> Void) {
        self.report = report
        self.loop = loop
        self.say = say
    }

    func begin() {
        timer = loop.schedule(at: report.due) { [weak self] in
            guard let self else { return }
            if let line = report.line(at: .now) { say(line) }
            begin()
        }
    }

    func end() { timer?.cancel() }
}

extension EventStoreError {
    /// Steps of the schema are missing.
    static func missing(_ steps: [Migration]) -> EventStoreError {
        EventStoreError(
            .schema,
            "the database's schema lacks \(steps.count == 1 ? "step" : "steps") "
                + steps.map { String($0.version) }.joined(separator: ", ")
                + ": `event-analytics migrate` applies what is missing")
    }
}
