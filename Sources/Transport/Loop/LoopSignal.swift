/// Tells the tasks of one loop that something has changed: they wait for it, look at what they wait for, and wait
/// again where it is not there yet.
///
///     while queue.isEmpty { try await changed.wait() }
///
/// A signal that nobody waits for is forgotten; since all of it happens on one loop, nothing can come between the look
/// and the wait.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the loop's thread alone, which each
///   function checks.
public final class LoopSignal: @unchecked Sendable {
    private let loop: EventLoop
    private var waiting: [WaitSlot] = []
    /// Slots that were used and can be used again.
    private var spare: [WaitSlot] = []

    /// Makes a signal for tasks of `loop`.
    public init(on loop: EventLoop) { self.loop = loop }

    /// Whether any task waits.
    public var hasWaiters: Bool { !waiting.isEmpty }

    /// Wakes all who wait.
    public func signal() {
        loop.preconditionCurrent()
        guard !waiting.isEmpty else { return }
        let all = waiting
        waiting.removeAll(keepingCapacity: true)
        for slot in all { slot.wake(.ready) }
    }

    /// Wakes the one who has waited longest.
    public func signalOne() {
        loop.preconditionCurrent()
        while !waiting.isEmpty {
            let slot = waiting.removeFirst()
            // One whose deadline has passed, or that was cancelled, is still here until its task runs.
            guard slot.isWaiting else { continue }
            return slot.wake(.ready)
        }
    }

    /// Waits for the next signal.
    ///
    /// - Throws: `.deadline`, `.cancelled`, or `.closed` where the loop ends.
    public func wait(deadline: Deadline = .never) async throws(TransportError) {
        loop.preconditionCurrent()
        let slot = spare.popLast() ?? WaitSlot(loop: loop)
        waiting.append(slot)
        let wake = await slot.wait(until: deadline)
        if case .ready = wake {
        } else if let place = waiting.firstIndex(where: { $0 === slot }) {
            waiting.remove(at: place)
        }
        if spare.count < 4 { spare.append(slot) } else { slot.retire() }
        switch wake {
        case .ready: return
        case .deadline: throw TransportError(.deadline, "the deadline passed")
        case .cancelled: throw TransportError(.cancelled, "cancelled")
        case .closed: throw TransportError(.closed, "the event loop has ended")
        case .inUse: throw TransportError(.inUse, "two tasks wait for one signal in one place")
        }
    }
}
