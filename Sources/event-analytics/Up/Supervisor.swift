import Glibc
import Supervision
import Transport

/// Runs the pipeline's processes on this machine, as `SupervisorState` says: starts processes, sends signals, prints, and
/// tells it what has happened.
///
/// All of it happens on the main thread, which waits for signals: children that ended, Ctrl-C, time. That thread also
/// is the one whose end Linux tells the children of.
final class Supervisor {
    /// What `up` is made of.
    struct Plan {
        /// The children, in the order in which they are started.
        var children: [(child: Child, role: SupervisorState.Role)]

        /// What asks some of the services whether they are ready, and ends with status 0 where they are.
        var probe: (_ services: [String]) -> Child

        /// What to print once everything is ready.
        var screen: () -> String
    }

    private let plan: Plan
    private var state: SupervisorState
    private var probe: Child?
    private var outcome: Result<Void, UpError>?
    private let start = Deadline.now

    init(_ plan: Plan) {
        self.plan = plan
        state = SupervisorState(plan.children.map { ($0.child.name, $0.role) })
    }

    private var now: Duration { start.duration(to: .now) }

    /// Runs until a signal says to stop.
    ///
    /// - Throws: `UpError` where the pipeline cannot be started; everything is stopped by then.
    func run() throws(UpError) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        perform(state.begin())
        while true {
            if let outcome { return try outcome.get() }
            switch wait(for: &signals, .milliseconds(100)) {
            case SIGINT, SIGTERM: perform(state.interrupted(at: now))
            case SIGHUP: perform(state.hungUp())
            default: break
            }
            reap()
            perform(state.advance(to: now))
        }
    }

    /// The next signal, or 0 after the time given.
    private func wait(for signals: inout sigset_t, _ duration: Duration) -> Int32 {
        var time = timespec(tv_sec: 0, tv_nsec: Int(duration.components.attoseconds / 1_000_000_000))
        return max(0, sigtimedwait(&signals, nil, &time))
    }

    // MARK: What is to be done

    private func perform(_ actions: [SupervisorState.Action]) {
        for action in actions {
            switch action {
            case .start(let name): if !state.isStopping { begin(name) }
            case .probe(let services): ask(services)
            case .stopProbe: probe?.send(SIGKILL)
            case .signal(let name, let signal): child(name)?.send(Self.number(of: signal))
            case .say(let text): Console.say(text)
            case .welcome: Console.say(plan.screen())
            case .end(let reason): end(reason)
            }
        }
    }

    private func child(_ name: String) -> Child? { plan.children.first { $0.child.name == name }?.child }

    private func begin(_ name: String) {
        do throws(Child.NotStarted) {
            try child(name)?.start()
            state.started(name, at: now)
        } catch {
            perform(state.notStarted(name, error.reason, isTransient: error.isTransient, at: now))
        }
    }

    private func ask(_ services: [String]) {
        let probe = plan.probe(services)
        do throws(Child.NotStarted) {
            try probe.start()
            self.probe = probe
        } catch {
            // Asked again in a moment; where it never succeeds, its services were not started either.
            perform(state.probed(areReady: false, at: now))
        }
    }

    private func end(_ reason: String?) {
        if let reason {
            outcome = .failure(UpError(reason))
        } else {
            Console.say("stopped; the data stays")
            outcome = .success(())
        }
    }

    private static func number(of signal: SupervisorState.Signal) -> Int32 {
        switch signal {
        case .terminate: SIGTERM
        case .kill: SIGKILL
        case .hangUp: SIGHUP
        }
    }

    // MARK: Children that ended

    private func reap() {
        while let (process, end) = nextEnded() {
            if let probe, probe.ended(process) {
                self.probe = nil
                perform(state.probed(areReady: end == .status(0), at: now))
            } else if let child = plan.children.first(where: { $0.child.ended(process) })?.child {
                perform(state.ended(child.name, end, said: child.output?.lastLine, at: now))
            }
        }
    }

    private func nextEnded() -> (pid_t, SupervisorState.End)? {
        var status: Int32 = 0
        let process = waitpid(-1, &status, WNOHANG)
        guard process > 0 else { return nil }
        // WIFEXITED and its like are macros: the low seven bits are the signal, the next eight the status.
        let signal = status & 0x7f
        return (process, signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal))
    }
}
