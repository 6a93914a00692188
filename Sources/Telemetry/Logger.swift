/// Writes what happens, line by line. Below the process's level it costs one load and one comparison: neither the
/// message nor the metadata is made.
///
/// Messages are fixed texts, values go into the metadata:
///
///     let log = Logger(label: "kafka.producer")
///     log.warning("broker lost", metadata: [.endpoint: broker, .error: error.description])
public struct Logger: Sendable {
    /// Who speaks.
    public let label: String
    /// What every line of this logger says.
    public var metadata: LogMetadata

    /// Makes a logger.
    public init(label: String, metadata: LogMetadata = [:]) {
        self.label = label
        self.metadata = metadata
    }

    /// Whether lines of this level are written.
    @inlinable
    public static func isOn(_ level: LogLevel) -> Bool { level.rawValue >= LoggingSystem.levelValue }

    /// Writes a line at `level`, where that is on.
    @inlinable
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]
    ) {
        if Self.isOn(level) { write(level, message(), metadata()) }
    }

    /// Writes every step.
    @inlinable
    public func trace(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.trace) { write(.trace, message(), metadata()) }
    }

    /// Writes what helps to find a fault.
    @inlinable
    public func debug(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.debug) { write(.debug, message(), metadata()) }
    }

    /// Writes what happens in the normal course.
    @inlinable
    public func info(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.info) { write(.info, message(), metadata()) }
    }

    /// Writes what does not happen every day.
    @inlinable
    public func notice(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.notice) { write(.notice, message(), metadata()) }
    }

    /// Writes what an operator should act on.
    @inlinable
    public func warning(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.warning) { write(.warning, message(), metadata()) }
    }

    /// Writes what failed.
    @inlinable
    public func error(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.error) { write(.error, message(), metadata()) }
    }

    /// Writes what keeps the process from working.
    @inlinable
    public func critical(_ message: @autoclosure () -> String, metadata: @autoclosure () -> LogMetadata = [:]) {
        if Self.isOn(.critical) { write(.critical, message(), metadata()) }
    }

    @usableFromInline
    @inline(never)
    func write(_ level: LogLevel, _ message: String, _ metadata: LogMetadata) {
        var all = self.metadata
        for (key, value) in metadata.pairs { all[key] = value }
        LoggingSystem.write(LogRecord(level: level, label: label, message: message, metadata: all))
    }
}
