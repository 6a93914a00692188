/// What `up` does with its children: starts them in order, starts again whichever ends, stops them in order.
///
/// A plain value: what happened comes in with the time, and what to do comes out. Whoever drives it starts processes,
/// sends signals and prints, and decides nothing. Times count from when `up` began.
///
/// Until everything was ready once, what cannot run ends `up` with the reason: a person waits for it. After that nothing
/// does, since the rest is of use, and what cures one part may need the others. A child that says by its status that
/// starting it again is of no use (a topic that does not fit the database, a schema of a newer program) is tried again all
/// the same, seldom, until somebody has put it right.
public struct SupervisorState: Sendable {
    /// A child's part.
    public enum Role: Sendable, Equatable {
        /// Started first and stopped last.
        case server
        /// Must have succeeded once before the services are started.
        case migration
        /// Started last and stopped first. What `up` is of use without does not end it, whenever it cannot run.
        case service(isNeeded: Bool)
    }

    /// How a child ended.
    public enum End: Sendable, Equatable {
        case status(Int32)
        case signal(Int32)

        var text: String {
            switch self {
            case .status(let status): "ended with status \(status)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    /// What a child is told.
    public enum Signal: Sendable, Equatable {
        case terminate, kill, hangUp
    }

    /// What is to be done.
    public enum Action: Sendable, Equatable {
        case start(String)
        /// Ask these services whether they are ready.
        case probe([String])
        case stopProbe
        case signal(String, Signal)
        /// A line for the person at the terminal.
        case say(String)
        /// Everything is ready.
        case welcome
        /// All children have ended; with why `up` could not go on, where that is so.
        case end(reason: String?)
    }

    /// What a process ends with where starting it again is of no use.
    public static let permanentFailure: Int32 = 78
    /// How soon after its start a child must end for that to be a failure in a row.
    static let soon = Duration.seconds(30)
    static let longestBackOff = Duration.seconds(10)
    /// So often in a row may a child fail before everything was ready once.
    static let failuresAtStart = 4
    /// How often a child is tried again that says it cannot run, and how often that is told.
    static let retry = Duration.seconds(10)
    static let reminder = Duration.seconds(60)
    /// How long it must run then to be taken for cured.
    static let cured = Duration.seconds(20)
    static let probePause = Duration.milliseconds(200)
    /// How long a child may take to end in order.
    static let patience = Duration.seconds(30)

    private struct Child {
        enum Phase: Equatable {
            case idle
            case running(since: Duration)
            case waiting(until: Duration)
        }

        let name: String
        let role: Role
        var phase = Phase.idle
        var failures = 0
        /// Why it cannot run, and when to say so again.
        var blocked: (reason: String, nextReminder: Duration)?

        var isRunning: Bool { if case .running = phase { true } else { false } }
    }

    private struct Stop {
        let reason: String?
        var current: String?
        var deadline = Duration.zero
        var isHurried = false
    }

    private var children: [Child]
    private var isMigrated = false
    private var isReady = false
    private var isProbing = false
    private var nextProbe = Duration.zero
    private var stop: Stop?

    /// - Parameter children: The children, in the order in which they are started.
    public init(_ children: [(name: String, role: Role)]) {
        self.children = children.map { Child(name: $0.name, role: $0.role) }
    }

    /// Whether all is being stopped: then nothing is started any more, whatever was told before.
    public var isStopping: Bool { stop != nil }

    // MARK: What happens

    /// `up` begins.
    public func begin() -> [Action] { start { if case .service = $0 { false } else { true } } }

    /// A child was started, as told.
    public mutating func started(_ name: String, at now: Duration) { change(name) { $0.phase = .running(since: now) } }

    /// A child could not be started.
    ///
    /// - Parameter isTransient: The system had no room for a process or a file; the same may work in a moment.
    public mutating func notStarted(
        _ name: String, _ reason: String, isTransient: Bool, at now: Duration
    ) -> [Action] {
        guard stop == nil, let index = index(name) else { return [] }
        children[index].phase = .idle
        children[index].failures += 1
        let failures = children[index].failures
        if !isReady, !isTransient || failures >= Self.failuresAtStart {
            return giveUp("cannot start \(name): \(reason)", at: now)
        }
        let backOff = waitToStartAgain(index, at: now)
        return [.say("cannot start \(name): \(reason); trying again in \(backOff)")]
    }

    /// A child ended.
    ///
    /// - Parameter said: Its last line.
    public mutating func ended(_ name: String, _ end: End, said: String?, at now: Duration) -> [Action] {
        guard let index = index(name) else { return [] }
        let phase = children[index].phase
        children[index].phase = .idle
        if stop != nil { return stopNext(at: now) }
        if children[index].role == .migration, end == .status(0) {
            isMigrated = true
            return start { if case .service = $0 { true } else { false } }
        }
        let said = said.map { ": \($0)" } ?? ""
        if end == .status(Self.permanentFailure) { return cannotRun(index, said, at: now) }
        children[index].blocked = nil
        var livedLong = false
        if case .running(let since) = phase { livedLong = now - since > Self.soon }
        children[index].failures = livedLong ? 1 : children[index].failures + 1
        let failures = children[index].failures
        if !isReady, failures >= Self.failuresAtStart {
            return giveUp("\(name) \(end.text), \(failures) times in a row\(said)", at: now)
        }
        let backOff = waitToStartAgain(index, at: now)
        return [.say("\(name) \(end.text), starting it again in \(backOff)\(said)")]
    }

    /// The services that were asked have answered.
    public mutating func probed(areReady: Bool, at now: Duration) -> [Action] {
        isProbing = false
        nextProbe = now + Self.probePause
        guard areReady, !isReady, stop == nil else { return [] }
        isReady = true
        for index in children.indices { children[index].failures = 0 }
        return [.welcome]
    }

    /// A signal that asks for the end. The second one ends what is left at once.
    public mutating func interrupted(at now: Duration) -> [Action] {
        guard stop != nil else { return [.say("stopping")] + beginStop(nil, at: now) }
        stop?.isHurried = true
        let running = children.filter(\.isRunning).map(\.name)
        guard !running.isEmpty else { return [] }
        return [.say("ending \(running.joined(separator: ", ")) at once, as asked")]
            + running.map { .signal($0, .kill) }
    }

    /// A signal that is passed on.
    public func hungUp() -> [Action] { children.filter(\.isRunning).map { .signal($0.name, .hangUp) } }

    /// Time has passed.
    public mutating func advance(to now: Duration) -> [Action] {
        if let stop {
            guard let name = stop.current, !stop.isHurried, now >= stop.deadline else { return [] }
            self.stop?.deadline = now + Self.patience
            return [.say("\(name) has not ended within \(Self.patience), ending it"), .signal(name, .kill)]
        }
        var actions: [Action] = []
        for index in children.indices {
            if case .waiting(let due) = children[index].phase, due <= now {
                children[index].phase = .idle
                actions.append(.start(children[index].name))
            }
            actions += remind(index, at: now)
        }
        if isMigrated, !isReady, !isProbing, now >= nextProbe, let asked = servicesToAsk {
            isProbing = true
            actions.append(.probe(asked))
        }
        return actions
    }

    // MARK: Starting

    private func start(where isWanted: (Role) -> Bool) -> [Action] {
        children.filter { isWanted($0.role) && $0.phase == .idle }.map { .start($0.name) }
    }

    private mutating func waitToStartAgain(_ index: Int, at now: Duration) -> Duration {
        let backOff = min(Duration.milliseconds(100 << min(children[index].failures, 10)), Self.longestBackOff)
        children[index].phase = .waiting(until: now + backOff)
        return backOff
    }

    /// Who must be ready for everything to be: all services but those that say they cannot run.
    private var servicesToAsk: [String]? {
        let asked = children.filter {
            if case .service = $0.role { $0.blocked == nil } else { false }
        }.map(\.name)
        return asked.isEmpty ? nil : asked
    }

    // MARK: What cannot run

    private mutating func cannotRun(_ index: Int, _ said: String, at now: Duration) -> [Action] {
        let (name, role) = (children[index].name, children[index].role)
        let reason = "\(name) cannot run\(said)"
        guard isReady || role == .service(isNeeded: false) else { return giveUp(reason, at: now) }
        children[index].failures = 0
        children[index].phase = .waiting(until: now + Self.retry)
        if let blocked = children[index].blocked, blocked.reason == reason { return [] }
        children[index].blocked = (reason, now + Self.reminder)
        return [
            .say("\(reason)\n\(name) is tried again every \(Self.retry) until that is put right; all else goes on")
        ]
    }

    private mutating func remind(_ index: Int, at now: Duration) -> [Action] {
        guard let blocked = children[index].blocked else { return [] }
        if case .running(let since) = children[index].phase {
            guard now - since >= Self.cured else { return [] }
            children[index].blocked = nil
            return [.say("\(children[index].name) runs again")]
        }
        guard now >= blocked.nextReminder else { return [] }
        children[index].blocked?.nextReminder = now + Self.reminder
        return [.say("still: \(blocked.reason)")]
    }

    // MARK: The end

    private mutating func giveUp(_ reason: String, at now: Duration) -> [Action] { beginStop(reason, at: now) }

    private mutating func beginStop(_ reason: String?, at now: Duration) -> [Action] {
        stop = Stop(reason: reason)
        for index in children.indices where !children[index].isRunning { children[index].phase = .idle }
        return (isProbing ? [.stopProbe] : []) + stopNext(at: now)
    }

    /// The migration at once, then the services in their order, the API first, so that nothing more comes in; then the
    /// servers, the last started first. Each waits for the ones before, so that what was accepted is stored.
    private mutating func stopNext(at now: Duration) -> [Action] {
        guard let stop else { return [] }
        if let current = stop.current, let index = index(current), children[index].isRunning { return [] }
        func rank(_ role: Role) -> Int {
            switch role {
            case .migration: 0
            case .service: 1
            case .server: 2
            }
        }
        let running = children.filter(\.isRunning)
        let ordered =
            running.filter { rank($0.role) < 2 }.sorted { rank($0.role) < rank($1.role) }
            + running.filter { rank($0.role) == 2 }.reversed()
        guard let next = ordered.first else {
            self.stop?.current = nil
            return [.end(reason: stop.reason)]
        }
        self.stop?.current = next.name
        self.stop?.deadline = now + Self.patience
        // What is hurried was told so already.
        return stop.isHurried ? [] : [.signal(next.name, next.role == .migration ? .kill : .terminate)]
    }

    // MARK: Children

    private func index(_ name: String) -> Int? { children.firstIndex { $0.name == name } }

    private mutating func change(_ name: String, _ body: (inout Child) -> Void) {
        if let index = index(name) { body(&children[index]) }
    }
}
