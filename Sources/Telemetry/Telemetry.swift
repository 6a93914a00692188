import Bytes
import Glibc
import Synchronization

/// The process's settings for logs. They are made once, at the start; the defaults are `info` and text.
public enum Telemetry {
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
        Settings.output.withLock { $0 = Output(format: format, descriptor: descriptor) }
    }

    /// From which level on lines are written.
    public static var level: LogLevel { LogLevel(rawValue: levelValue) ?? .info }

    @usableFromInline
    static var levelValue: Int { Settings.level.load(ordering: .relaxed) }

    /// Writes one line. The lock is held over one system call for the whole line, so that lines do not mix.
    static func write(_ line: LogLine) {
        var writer = ByteWriter(capacity: 256)
        Settings.output.withLock { output in
            switch output.format {
            case .text: line.writeText(into: &writer)
            case .json: line.writeJSON(into: &writer)
            }
            writer.span.withUnsafeBytes { bytes in
                var rest = bytes
                while let start = rest.baseAddress, !rest.isEmpty {
                    let count = Glibc.write(output.descriptor, start, rest.count)
                    // A log that cannot be written must not stop what it tells of.
                    if count < 0, errno != EINTR { return }
                    rest = UnsafeRawBufferPointer(rebasing: rest[max(count, 0)...])
                }
            }
        }
    }

    private struct Output {
        var format = Format.text
        var descriptor: Int32 = 2
    }

    private enum Settings {
        static let level = Atomic<Int>(LogLevel.info.rawValue)
        static let output = Mutex(Output())
    }
}
