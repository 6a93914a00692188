/// Decides what the log is told of a service's readiness: what it waits for and since when, once a problem has stood for
/// a moment, again when its text changes, and every half minute while it stands; and that it has passed.
///
///     for line in log.lines(for: readiness.snapshot, at: now) { logger.log(line.level, line.message, metadata: line.metadata) }
public struct ReadinessLog: Sendable {
    /// What the log is told.
    public struct Line: Sendable {
        /// How much it matters.
        public let level: LogLevel
        /// A fixed text.
        public let message: String
        /// The dependency, what is wrong with it, and for how long.
        public let metadata: LogMetadata
    }

    /// What was said of a dependency.
    private struct Said {
        var text: String
        var since: Int64
        var time: Int64
    }

    private var said: [String: Said] = [:]

    /// How long a problem stands before anything is said: a start in the usual order is not worth a warning, and what hangs
    /// is known as such after two seconds.
    static let patience: Int64 = 2500
    /// How long a problem's text stays as it is before it is said again, and before another text is.
    static let interval: Int64 = 30_000
    static let changeInterval: Int64 = 5000

    /// Nothing was said yet.
    public init() {}

    /// What is to be said now.
    ///
    /// - Parameter time: Now, in milliseconds since 1970.
    public mutating func lines(for report: ReadinessReport, at time: Int64) -> [Line] {
        var lines: [Line] = []
        for dependency in report.dependencies {
            let name = dependency.name
            guard let problem = dependency.problem else {
                guard let last = said.removeValue(forKey: name) else { continue }
                lines.append(
                    Line(
                        level: .notice, message: "ready again",
                        metadata: [.dependency: name, .seconds: max(time - last.since, 0) / 1000]))
                continue
            }
            guard time - problem.since >= Self.patience else { continue }
            if let last = said[name] {
                let wait = last.text == problem.text ? Self.interval : Self.changeInterval
                guard time - last.time >= wait else { continue }
            }
            said[name] = Said(text: problem.text, since: problem.since, time: time)
            lines.append(
                Line(
                    level: .warning, message: "not ready",
                    metadata: [
                        .dependency: name, .error: problem.text, .seconds: max(time - problem.since, 0) / 1000,
                    ]))
        }
        return lines
    }

    /// Says what is to be said of `readiness` now.
    public mutating func tell(_ log: Logger, of readiness: Readiness) {
        for line in lines(for: readiness.snapshot, at: wallClockMilliseconds()) {
            log.log(line.level, line.message, metadata: line.metadata)
        }
    }
}

extension LogKey {
    /// What a service depends on: `kafka`.
    public static let dependency: LogKey = "dependency"
    /// For how long, in seconds.
    public static let seconds: LogKey = "seconds"
}
