/// How much a log line matters; the names and their order are those of swift-log.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable, CustomStringConvertible {
    /// Every step: for looking at one thing closely.
    case trace
    /// What helps to find a fault.
    case debug
    /// What happens in the normal course.
    case info
    /// What does not happen every day.
    case notice
    /// What an operator can and should act on before it fails.
    case warning
    /// What failed.
    case error
    /// What keeps the process from working at all.
    case critical

    /// Reads a level's name, in any case.
    public init?(_ name: String) {
        guard let level = Self.allCases.first(where: { $0.description == name.lowercased() }) else { return nil }
        self = level
    }

    /// The level's name.
    public var description: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        case .critical: "critical"
        }
    }

    /// Orders by what matters more.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
