extension EventLoop {
    /// Runs `body` on this loop; the caller's task comes back to where it was afterwards. Free where it is there already.
    @discardableResult
    public func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        if isCurrent { return try await body() }
        do {
            let result = try await withTaskExecutorPreference(self) {
                await goWherePreferred()
                return try await body()
            }
            await goWherePreferred()
            return result
        } catch {
            await goWherePreferred()
            throw error
        }
    }

    /// Waits until `deadline`, on the loop; cancellation ends it early.
    public func sleep(until deadline: Deadline) async throws(CancellationError) {
        let slot = WaitSlot(loop: self)
        let wake = await slot.wait(until: deadline)
        // A sleep that was cut short leaves no timer behind.
        slot.retire()
        switch wake {
        case .deadline: return
        case .ready, .cancelled, .closed, .inUse: throw CancellationError()
        }
    }

    /// Waits for `duration`, on the loop; cancellation ends it early.
    public func sleep(for duration: Duration) async throws(CancellationError) {
        try await sleep(until: .after(duration))
    }
}

/// Moves the task to the executor that it prefers at the moment: functions that inherit their caller's isolation stay on
/// whichever thread they were called, one that does not goes where it belongs.
///
/// The call inside is what makes it go: the compiler leaves out a move after which nothing happens.
@concurrent
private func goWherePreferred() async { _ = EventLoop.current }

/// Runs `body`, and cancels it when `deadline` passes first: then, once `body` has ended, `TransportError.deadline` is
/// thrown in place of its error. A result that `body` gives all the same is returned.
///
/// On an event loop only.
public func withDeadline<Result>(
    _ deadline: Deadline, _ body: @escaping () async throws -> Result
) async throws -> Result {
    if deadline == .never { return try await body() }
    guard let loop = EventLoop.current else { preconditionFailure("withDeadline was used outside of an event loop") }
    let passed = LoopBound(false, on: loop)
    // The caller waits for the task, on the same loop, before it returns: so nothing that the closure holds is touched
    // by two at once, and it may be sent.
    let work = UncheckedTransfer(body)
    // Not a child task: only a task's own handle can be cancelled alone. It is awaited below, on every path.
    let task = Task(executorPreference: loop) {
        UncheckedTransfer(try await work.value())
    }
    let timer = loop.schedule(at: deadline) {
        passed.value = true
        task.cancel()
    }
    defer { timer.cancel() }
    do {
        return try await withTaskCancellationHandler {
            try await task.value.value
        } onCancel: {
            task.cancel()
        }
    } catch {
        throw passed.value ? TransportError(.deadline, "the deadline passed") : error
    }
}

/// Carries a value over a border that the compiler cannot see through; each use says why that is right.
struct UncheckedTransfer<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
