import Glibc
import Telemetry
import Transport

/// Turns signals into calls.
enum SignalWatch {
    /// Runs `body`; calls `stop` at the first signal that asks for the end, and ends the process at the second; calls
    /// `reload` at each SIGHUP.
    ///
    /// The signals have handlers rather than being blocked and waited for: the main thread of an async program waits
    /// with all signals let through, so that what is blocked elsewhere would still end the process there.
    static func run(
        on group: EventLoopGroup, stop: @escaping @Sendable () -> Void,
        reload: @escaping @Sendable () throws -> Void = {}, _ body: () async throws -> Void
    ) async throws {
        // A peer that has gone is told by the write's error.
        signal(SIGPIPE, SIG_IGN)
        let loop = group.loops[0]
        // Not a child task: it waits for ever where no signal comes, and is cancelled once `body` has ended.
        let watch = Task(executorPreference: loop) {
            let signals = try Signals([.interrupt, .terminate, .hangup], on: loop)
            var isStopping = false
            while true {
                let signal = try await signals.next()
                if signal == .hangup {
                    readAgain(reload)
                } else if isStopping {
                    _exit(128 + signal.rawValue)
                } else {
                    isStopping = true
                    stop()
                }
            }
        }
        defer { watch.cancel() }
        try await body()
    }

    private static func readAgain(_ reload: () throws -> Void) {
        let log = Logger(label: "signals")
        do {
            try reload()
            log.notice("settings' files read again")
        } catch {
            log.error("settings' files cannot be used: all stays as it was", metadata: [.error: "\(error)"])
        }
    }
}
