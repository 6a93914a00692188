import Transport

/// Something a task does that can be ended early without ending the task.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on one loop alone.
final class CancellableWork: @unchecked Sendable {
    private var isCancelled = false
    private var isDone = false
    private let change: LoopSignal

    init(on loop: EventLoop) { change = LoopSignal(on: loop) }

    /// Has `body` see a cancelled task; `run` returns once it has ended.
    func cancel() {
        isCancelled = true
        change.signal()
    }

    /// Runs `body` in a child task, until it ends by itself or is cancelled and ends then.
    func run(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await body()
                self.isDone = true
                self.change.signal()
            }
            while !isDone, !isCancelled {
                switch await change.waitEnd() {
                case .signalled, .deadline: continue
                // The child sees the same, and ends.
                case .cancelled, .closed: isCancelled = true
                }
            }
            if !isDone { tasks.cancelAll() }
        }
    }
}
