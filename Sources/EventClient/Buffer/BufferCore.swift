import Bytes
import Transport

/// A buffer on its client's loop: it waits, and has the client send. `BufferState` decides.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the loop's thread alone, since `EventBuffer`
///   reaches it through a `LoopBound`, which checks, and its timer runs there.
final class BufferCore: @unchecked Sendable {
    private let client: EventClient
    private let configuration: EventBufferConfiguration
    private var state: BufferState
    /// Something became due, was taken or was settled.
    private let changed: LoopSignal
    private(set) var isRunning = false
    /// Whether `run()` has ended, or nobody will run it any more.
    private var hasEnded = false
    /// Whether what is left is not sent any more.
    private var isCut = false
    private var sending: Task<BatchSending, Never>?
    private var cutTimer: LoopTimer?

    init(_ configuration: EventBufferConfiguration, _ client: EventClient) {
        self.client = client
        self.configuration = configuration
        let limits = client.configuration
        state = BufferState(configuration, batchEvents: limits.batchEvents, batchBytes: limits.batchBytes)
        changed = LoopSignal(on: client.loop)
    }

    var count: Int { state.count }

    // MARK: Taking

    func take(_ event: NewEvent, _ line: ByteSlice) async throws(EventClientError) {
        let item = BufferState.Item(event: event, line: line, time: .now)
        let deadline = Deadline.after(configuration.roomTimeout)
        while true {
            switch state.take(item) {
            case .taken: return changed.signal()
            case .closed: throw EventClientError(.closed, "the buffer is closed")
            case .tooLarge:
                throw EventClientError(.tooLarge, "the event is larger than maximumBytes of the buffer")
            case .full:
                changed.signal()
                let hint = isRunning ? "" : ": nothing is sent before run() is called"
                try await wait(until: deadline, EventClientError(.bufferFull, "the buffer had no room in time\(hint)"))
            }
        }
    }

    func flush(until deadline: Deadline) async throws(EventClientError) {
        let mark = state.flush()
        changed.signal()
        while state.settledCount < mark {
            let hint = isRunning ? "the events are still on their way" : "nothing is sent before run() is called"
            try await wait(until: deadline, EventClientError(.unavailable, "flush() took too long: \(hint)"))
        }
    }

    private func wait(until deadline: Deadline, _ late: EventClientError) async throws(EventClientError) {
        do throws(TransportError) {
            try await changed.wait(deadline: deadline)
        } catch {
            switch error.code {
            case .deadline: throw late
            case .cancelled: throw EventClientError(.cancelled, "the task was cancelled")
            default: throw EventClientError(.closed, "the client was closed")
            }
        }
    }

    // MARK: Sending

    func begin() throws(EventClientError) {
        if isRunning || hasEnded {
            throw EventClientError(.closed, "run() is called once, and the buffer not closed before")
        }
        isRunning = true
    }

    func end() {
        isRunning = false
        hasEnded = true
        cutTimer?.cancel()
        changed.signal()
    }

    /// Sends until something fails.
    ///
    /// - Returns: what could not be sent, to be handed over before `settle()`; nil where nothing is left and nothing comes.
    func step() async -> [EventBuffer.Failure]? {
        while true {
            if isCut || Task.isCancelled { return abandon() }
            switch state.next(now: .now) {
            case .end: return nil
            case .wait(let deadline):
                // Cancelled, cut or ended: it is looked at above, or the loop is gone with all who could send.
                do throws(TransportError) {
                    try await changed.wait(deadline: deadline)
                } catch {
                    if error.code == .closed { isCut = true }
                }
            case .send(let items):
                let failures = await send(items)
                if !failures.isEmpty { return failures }
                settle()
            }
        }
    }

    /// What was on its way is sent or handed over.
    func settle() {
        state.settle()
        changed.signal()
    }

    private func send(_ items: [BufferState.Item]) async -> [EventBuffer.Failure] {
        let batch = items.enumerated().map { BatchItem(index: $0, id: $1.event.id, line: $1.line) }
        let patience = configuration.patience
        let core = client.core
        // Not a child task: only a task's own handle can be cut short by close(). It is awaited below, on every path.
        let task = Task(executorPreference: client.loop) { await core.value.send(batch, within: patience) }
        sending = task
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        sending = nil
        return outcome.failures.map { failure in
            var error = failure.error
            if isCut, error.code == .cancelled { error = Self.cut(isOutcomeUnknown: error.isOutcomeUnknown) }
            return EventBuffer.Failure(event: items[failure.item.index].event, error: error)
        }
    }

    private static func cut(isOutcomeUnknown: Bool) -> EventClientError {
        var error = EventClientError(.closed, "the buffer was closed before the API took the event")
        error.isOutcomeUnknown = isOutcomeUnknown
        return error
    }

    // MARK: Closing

    /// Takes nothing more, and sends what is here until the deadline; then it is handed over.
    func close(until deadline: Deadline) {
        state.close()
        changed.signal()
        guard deadline != .never else { return }
        cutTimer?.cancel()
        cutTimer = client.loop.schedule(at: deadline) { self.cut() }
    }

    /// Sends nothing more.
    func cut() {
        isCut = true
        sending?.cancel()
        changed.signal()
    }

    /// Waits until `run()` has ended.
    ///
    /// - Returns: false where the wait was cut short by cancellation.
    func waitForEnd() async -> Bool {
        while !hasEnded {
            do throws(TransportError) { try await changed.wait() } catch { return false }
        }
        return true
    }

    /// All that is left, not to be sent any more; nil where there is nothing.
    func abandon() -> [EventBuffer.Failure]? {
        let rest = state.abandon()
        if rest.isEmpty { return nil }
        return rest.map { .init(event: $0.event, error: Self.cut(isOutcomeUnknown: false)) }
    }
}
