/// Why a wait ended.
enum Wake {
    /// What was waited for has happened.
    case ready
    /// The deadline passed first.
    case deadline
    /// The task was cancelled.
    case cancelled
    /// The descriptor or the loop was closed.
    case closed
    /// Another task waits there already; that one goes on waiting.
    case inUse
}

/// A place where one task at a time waits on its loop.
///
/// Four things may end a wait: the event, the deadline, cancellation, closing. All of them come to `wake` on the
/// loop's thread, and the first takes the continuation out: so it is resumed exactly once. Cancellation may be told on
/// any thread; it comes to the loop as a job that names the wait it means, so that it cannot end a later one.
///
/// A second task is told `.inUse` at once. That is its caller's fault, but often shows itself by a peer's timing alone:
/// so it is an error of that one call, and not the end of the process.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the loop's thread alone, which `wait`
///   checks; `wake` is called from there only (events, timers, jobs).
final class WaitSlot: @unchecked Sendable {
    let loop: EventLoop
    /// Whether the loop ends the wait when it ends; a channel's slot is ended with its channel.
    private let isListed: Bool
    private var continuation: UnsafeContinuation<Wake, Never>?
    private var generation: UInt64 = 0
    private var deadline = Int64.max
    private var timer: LoopTimer?
    private var timerTime = Int64.max

    /// Where it stands among the loop's waits, or -1.
    var index = -1

    init(loop: EventLoop, ofChannel: Bool = false) {
        self.loop = loop
        isListed = !ofChannel
    }

    var isWaiting: Bool { continuation != nil }

    /// Waits until `wake`, the deadline or cancellation; a deadline that has passed ends it at once.
    func wait(until deadline: Deadline = .never) async -> Wake {
        if let wake = prepare(deadline) { return wake }
        let mine = generation
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                // Whoever cancels sets the task's flag before the handler runs. So either the flag is seen here, or
                // the handler's job comes after this and finds the continuation.
                if Task.isCancelled {
                    continuation.resume(returning: .cancelled)
                } else {
                    begin(continuation)
                }
            }
        } onCancel: {
            loop.execute { self.cancel(mine) }
        }
    }

    /// Waits until `wake` or the deadline, whether the task is cancelled or not: for whoever sees to it that
    /// cancellation wakes it some other way. To watch for it costs as much as all the rest of a wait.
    func waitUncancelled(until deadline: Deadline) async -> Wake {
        if let wake = prepare(deadline) { return wake }
        return await withUnsafeContinuation { begin($0) }
    }

    /// Sets the deadline; why not to wait at all, where there is a reason.
    private func prepare(_ deadline: Deadline) -> Wake? {
        loop.preconditionCurrent()
        if continuation != nil { return .inUse }
        if loop.isStopping { return .closed }
        if deadline != .never {
            guard deadline.nanoseconds > loop.now else { return Task.isCancelled ? .cancelled : .deadline }
            arm(deadline.nanoseconds)
        }
        self.deadline = deadline.nanoseconds
        generation &+= 1
        return nil
    }

    private func begin(_ continuation: UnsafeContinuation<Wake, Never>) {
        self.continuation = continuation
        if isListed { loop.add(self) }
    }

    /// Ends the wait, where there is one.
    func wake(_ why: Wake) {
        guard let continuation else { return }
        self.continuation = nil
        deadline = .max
        if isListed { loop.remove(self) }
        continuation.resume(returning: why)
    }

    private func cancel(_ generation: UInt64) {
        if generation == self.generation { wake(.cancelled) }
    }

    /// Sees to it that the timer fires no later than `time`. One that fires earlier looks at the deadline again, so
    /// that waits with ever later deadlines, such as a connection's reads, leave the heap alone.
    private func arm(_ time: Int64) {
        if let timer, timer.isScheduled {
            if timerTime <= time { return }
            loop.timers.remove(timer)
        }
        // The timer holds the slot only weakly: it must not keep alive what nobody waits for.
        let timer = self.timer ?? LoopTimer(loop: loop) { [weak self] in self?.timerFired() }
        self.timer = timer
        timerTime = time
        loop.timers.insert(timer, at: time)
    }

    private func timerFired() {
        guard continuation != nil, deadline != .max else { return }
        if deadline <= loop.now { wake(.deadline) } else { arm(deadline) }
    }

    /// Takes the timer out of the heap, when the slot is not used any more.
    func retire() {
        if let timer { loop.timers.remove(timer) }
    }
}
