import Glibc
import Transport

/// Turns the signals that ask a service to stop into calls.
enum SignalWatch {
    /// Runs `body`, and calls `stop` at the first signal; the second one ends the process at once.
    ///
    /// The signals have handlers rather than being blocked and waited for: the main thread of an async program waits
    /// with all signals let through, so that what is blocked elsewhere would still end the process there.
    static func run(
        on group: EventLoopGroup, stop: @escaping @Sendable () -> Void, _ body: () async throws -> Void
    ) async throws {
        // A peer that has gone is told by the write's error.
        signal(SIGPIPE, SIG_IGN)
        let loop = group.loops[0]
        // Not a child task: it waits for ever where no signal comes, and is cancelled once `body` has ended.
        let watch = Task(executorPreference: loop) {
            let signals = try Signals([.interrupt, .terminate], on: loop)
            _ = try await signals.next()
            stop()
            _exit(128 + (try await signals.next()).rawValue)
        }
        defer { watch.cancel() }
        try await body()
    }
}
