import Bytes
import Glibc
import Synchronization

/// The process's settings for logs. They are made once, at the start; the defaults are `info` and text on standard error.
///
/// Where a program logs by swift-log, it passes on what comes here (this module's own names then need `Telemetry.` before
/// them):
///
///     Telemetry.LoggingSystem.bootstrap(level: .info) { record in
///         let metadata = record.metadata.pairs.map { ($0.key.description, Logging.Logger.MetadataValue.string($0.value)) }
///         Logging.Logger(label: record.label).log(
///             level: .init(rawValue: record.level.description) ?? .info, "\(record.message)",
///             metadata: .init(metadata) { $1 })
///     }
public enum LoggingSystem {
    /// How log lines look.
    public enum Format: Sendable {
        /// For people: time, level, who, what.
        case text
        /// For machines: one JSON object a line.
        case json
    }

    /// Sets from which level on lines are written, how they look, and where they go (standard error).
    public static func bootstrap(level: LogLevel = .info, format: Format = .text, descriptor: Int32 = 2) {
        Settings.level.store(level.rawValue, ordering: .relaxed)
        Settings.output.withLock { $0 = .descriptor(descriptor, format) }
    }

    /// Sets from which level on lines are written, and what does it; that is called on whichever thread has something to
    /// say, and should not block it.
    public static func bootstrap(level: LogLevel = .info, _ handler: @escaping @Sendable (LogRecord) -> Void) {
        Settings.level.store(level.rawValue, ordering: .relaxed)
        Settings.output.withLock { $0 = .handler(handler) }
    }

    /// From which level on lines are written.
    public static var level: LogLevel { LogLevel(rawValue: levelValue) ?? .info }

    @usableFromInline
    static var levelValue: Int { Settings.level.load(ordering: .relaxed) }

    /// Writes one line. The lock is held over one system call for the whole line, so that lines do not mix.
    static func write(_ record: LogRecord) {
        var writer = ByteWriter(capacity: 256)
        let handler = Settings.output.withLock { output -> (@Sendable (LogRecord) -> Void)? in
            guard case .descriptor(let descriptor, let format) = output else {
                guard case .handler(let handler) = output else { return nil }
                return handler
            }
            switch format {
            case .text: record.writeText(into: &writer)
            case .json: record.writeJSON(into: &writer)
            }
            write(writer.span, to: descriptor)
            return nil
        }
        handler?(record)
    }

    private static func write(_ line: RawSpan, to descriptor: Int32) {
        line.withUnsafeBytes { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, rest.count)
                // A log that cannot be written must not stop what it tells of.
                if count < 0, errno != EINTR { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[max(count, 0)...])
            }
        }
    }

    private enum Output: Sendable {
        case descriptor(Int32, Format)
        case handler(@Sendable (LogRecord) -> Void)
    }

    private enum Settings {
        static let level = Atomic<Int>(LogLevel.info.rawValue)
        static let output = Mutex(Output.descriptor(2, .text))
    }
}
