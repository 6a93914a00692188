import Glibc

/// Waits, on a thread of its own, for the signals that ask a service to stop.
///
/// To be made before any other thread: threads inherit which signals are blocked, and only blocked ones can be waited
/// for.
struct SignalWatch {
    private static let wanted = [SIGINT, SIGTERM]

    /// Keeps the signals from ending the process, in this thread and all that come from it.
    static func block() {
        var signals = set
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A peer that has gone is told by the write's error.
        signal(SIGPIPE, SIG_IGN)
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in wanted { sigaddset(&signals, number) }
        return signals
    }

    /// Calls `stop` at the first signal; the second one ends the process at once.
    static func start(_ stop: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(stop))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                var signals = SignalWatch.set
                var number: Int32 = 0
                sigwait(&signals, &number)
                body.stop()
                sigwait(&signals, &number)
                _exit(128 + number)
            }, body.toOpaque())
        precondition(result == 0, "the system gives no thread to wait for signals")
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let stop: @Sendable () -> Void

        init(_ stop: @escaping @Sendable () -> Void) { self.stop = stop }
    }
}
