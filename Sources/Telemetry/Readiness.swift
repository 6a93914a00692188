public import Bytes
import Glibc
import Synchronization

/// Whether what a service depends on is as it should be: each dependency by its name, with what is wrong and since when.
/// Whoever watches a dependency says what it found; anyone may ask, from any thread.
///
///     let readiness = Readiness("kafka", "clickhouse", "schema")
///     readiness.set("kafka", problem: nil)
///     readiness.set("clickhouse", problem: "connection refused")
///     readiness.isReady  // false: ClickHouse is away, the schema was not checked yet
public final class Readiness: Sendable {
    private let state: Mutex<ReadinessReport>

    /// Dependencies that nobody has looked at yet: they are not ready.
    public init(_ names: String...) {
        let report = ReadinessReport(names, at: wallClockMilliseconds())
        state = Mutex(report)
    }

    /// Says what is wrong with a dependency, in a line for people; nil where nothing is. A name that is new is added.
    /// The problem counts from its first mention, whatever its text becomes, until it has passed.
    public func set(_ name: String, problem: String?) {
        let now = wallClockMilliseconds()
        state.withLock { $0.set(name, problem: problem, at: now) }
    }

    /// Whether nothing is wrong with any dependency.
    public var isReady: Bool { snapshot.isReady }

    /// How all dependencies are at this moment.
    public var snapshot: ReadinessReport { state.withLock { $0 } }
}

/// How a service's dependencies were at one moment, by name.
public struct ReadinessReport: Sendable, Hashable {
    /// What is wrong with a dependency.
    public struct Problem: Sendable, Hashable {
        /// What is wrong, on one line.
        public let text: String
        /// Since when, in milliseconds since 1970, UTC.
        public let since: Int64
    }

    /// One dependency.
    public struct Dependency: Sendable, Hashable {
        /// Its name: `kafka`.
        public let name: String
        /// What is wrong with it; nil where nothing is.
        public fileprivate(set) var problem: Problem?
    }

    /// The dependencies, by name.
    public private(set) var dependencies: [Dependency]

    /// What is said of a dependency that nobody has looked at.
    static let unknown = "not checked yet"

    init(_ names: [String], at time: Int64) {
        dependencies = []
        for name in names { set(name, problem: Self.unknown, at: time) }
    }

    mutating func set(_ name: String, problem: String?, at time: Int64) {
        let place = dependencies.firstIndex { $0.name >= name } ?? dependencies.endIndex
        if place == dependencies.endIndex || dependencies[place].name != name {
            dependencies.insert(Dependency(name: name, problem: nil), at: place)
        }
        let since = dependencies[place].problem?.since ?? time
        dependencies[place].problem = problem.map { Problem(text: $0.onOneLine, since: since) }
    }

    /// Whether nothing is wrong with any dependency.
    public var isReady: Bool { dependencies.allSatisfy { $0.problem == nil } }

    /// All that is wrong, on one line; nil where nothing is.
    public var problems: String? {
        if isReady { return nil }
        return dependencies.compactMap { dependency in dependency.problem.map { "\(dependency.name): \($0.text)" } }
            .joined(separator: "; ")
    }

    /// Writes `{"success":true,"data":{"kafka":{"ready":true},…}}`, with `error` and each `problem` and `since` where
    /// something is wrong.
    public func writeJSON(into writer: inout ByteWriter) {
        if let problems {
            writer.write(literal: "{\"success\":false,\"error\":")
            writer.writeQuoted("not ready: \(problems)")
        } else {
            writer.write(literal: "{\"success\":true")
        }
        writer.write(literal: ",\"data\":{")
        for (index, dependency) in dependencies.enumerated() {
            if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
            writer.writeQuoted(dependency.name)
            if let problem = dependency.problem {
                writer.write(literal: ":{\"ready\":false,\"problem\":")
                writer.writeQuoted(problem.text)
                writer.write(literal: ",\"since\":\"")
                CivilTime(millisecondsSince1970: problem.since).write(into: &writer)
                writer.write(literal: "\"}")
            } else {
                writer.write(literal: ":{\"ready\":true}")
            }
        }
        writer.write(literal: "}}")
    }
}

/// The time of day, in milliseconds since 1970, UTC.
func wallClockMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
