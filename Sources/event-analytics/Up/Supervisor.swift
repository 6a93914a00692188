import Glibc
import Transport

/// Runs the pipeline's processes on this machine: starts them in order, starts again whichever dies, stops them in
/// order.
///
/// All of it happens on the main thread, which waits for signals: children that ended, Ctrl-C, time. That thread also
/// is the one whose end Linux tells the children of.
final class Supervisor {
    /// What `up` is made of.
    struct Plan {
        /// Servers to start first, in this order, and to stop last.
        var servers: [Child]

        /// What must have succeeded once before the services are started.
        var migrate: Child

        /// The services, to start last and to stop first.
        var services: [Child]

        /// Succeeds once everything is ready.
        var probe: Child

        /// What to print then.
        var screen: () -> String
    }

    private let plan: Plan
    private var isMigrated = false
    private var isReady = false

    /// How soon after its start a child must end for that to count as a failure in a row.
    private static let soon = Duration.seconds(30)
    private static let longestBackOff = Duration.seconds(10)

    /// So often in a row may a child fail before everything was ready once.
    private static let failuresAtStart = 4

    /// What a process ends with where starting it again is of no use.
    static let permanentFailure: Int32 = 78

    init(_ plan: Plan) { self.plan = plan }

    private var all: [Child] { plan.servers + [plan.migrate] + plan.services + [plan.probe] }

    /// Runs until a signal says to stop.
    ///
    /// - Throws: `UpError` where the pipeline cannot be started; everything is stopped by then.
    func run() throws(UpError) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        do {
            for child in plan.servers + [plan.migrate] { try child.start() }
            var lastCheck = Deadline.now
            while true {
                switch wait(for: &signals, .milliseconds(100)) {
                case SIGINT, SIGTERM:
                    say("stopping")
                    stop(&signals)
                    return say("stopped; the data stays")
                case SIGHUP:
                    for child in plan.services + plan.servers { child.send(SIGHUP) }
                default:
                    break
                }
                try reap()
                try startWhatIsDue()
                if lastCheck.duration(to: .now) > .seconds(30) {
                    for child in all { child.log?.keepWithinBounds() }
                    lastCheck = Deadline.now
                }
            }
        } catch {
            stop(&signals)
            throw error
        }
    }

    /// The next signal, or 0 after the time given.
    private func wait(for signals: inout sigset_t, _ duration: Duration) -> Int32 {
        var time = timespec(tv_sec: 0, tv_nsec: Int(duration.components.attoseconds / 1_000_000_000))
        return max(0, sigtimedwait(&signals, nil, &time))
    }

    // MARK: Children that ended

    private func reap() throws(UpError) {
        while let (process, end) = nextEnded() {
            guard let child = all.first(where: { $0.ended(process) }) else { continue }
            if child === plan.probe {
                if end == .status(0), !isReady { becomeReady() }
            } else if child === plan.migrate, end == .status(0) {
                isMigrated = true
                for service in plan.services { try service.start() }
            } else {
                try plan(again: child, after: end)
            }
        }
    }

    private func nextEnded() -> (pid_t, Child.End)? {
        var status: Int32 = 0
        let process = waitpid(-1, &status, WNOHANG)
        guard process > 0 else { return nil }
        // WIFEXITED and its like are macros: the low seven bits are the signal, the next eight the status.
        let signal = status & 0x7f
        return (process, signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal))
    }

    private func plan(again child: Child, after end: Child.End) throws(UpError) {
        let said = child.log?.lastLine.map { ": \($0)" } ?? ""
        if end == .status(Self.permanentFailure) { throw UpError("\(child.name) cannot run\(said)") }
        let livedLong = child.startedAt.duration(to: .now) > Self.soon
        child.failures = livedLong ? 1 : child.failures + 1
        if !isReady, child.failures >= Self.failuresAtStart {
            throw UpError("\(child.name) \(end.description), \(child.failures) times in a row\(said)")
        }
        let backOff = min(Duration.milliseconds(100 << min(child.failures, 10)), Self.longestBackOff)
        child.startsAgainAt = Deadline.after(backOff)
        say("\(child.name) \(end.description), starting it again in \(backOff)\(said)")
    }

    private func startWhatIsDue() throws(UpError) {
        for child in all where child.startsAgainAt.map({ $0 <= .now }) ?? false { try child.start() }
        if isMigrated, !isReady, plan.probe.pid == nil { try plan.probe.start() }
    }

    private func becomeReady() {
        isReady = true
        for child in all { child.failures = 0 }
        say(plan.screen())
    }

    // MARK: The end

    /// Stops the services, then the servers, each time waiting for the ones before: what was accepted is stored.
    private func stop(_ signals: inout sigset_t) {
        let first = [plan.probe, plan.migrate]
        for child in first { child.send(SIGKILL) }
        for child in first + plan.services + plan.servers.reversed() {
            child.send(SIGTERM)
            let deadline = Deadline.after(.seconds(30))
            while child.pid != nil {
                // A second Ctrl-C ends the waiting.
                let signal = wait(for: &signals, .milliseconds(50))
                if signal == SIGINT || signal == SIGTERM || deadline.hasPassed {
                    say("\(child.name) is taking too long, ending it")
                    child.send(SIGKILL)
                }
                while let (process, _) = nextEnded() { _ = all.first { $0.ended(process) } }
            }
        }
    }

    private func say(_ text: String) { Console.say(text) }
}
