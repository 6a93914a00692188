import Bytes
import Synchronization
import Transport

/// A reader of live events, on its own loop.
///
/// - Safety: `Sendable`, though the signal may be touched on its loop alone: `next` runs there, and whoever wakes goes there.
final class LiveReader: @unchecked Sendable {
    let filter: LiveFilter
    private let loop: EventLoop
    private let signal: LoopSignal
    private let state = Mutex(State())

    private struct State {
        var queue = LiveQueue()
        var hasEnded = false
    }

    init(_ filter: LiveFilter, on loop: EventLoop) {
        self.filter = filter
        self.loop = loop
        signal = LoopSignal(on: loop)
    }

    /// Keeps an event for the reader. It is woken by `wake`, once for many of them.
    func add(_ event: ByteSlice) { state.withLock { $0.queue.add(event) } }

    /// Sees to it that the reader looks.
    func wake() { loop.execute { self.signal.signal() } }

    /// Nothing comes any more.
    func end() {
        state.withLock { $0.hasEnded = true }
        wake()
    }

    /// What has come since; empty where nothing came for as long, nil at the end. On the loop only.
    ///
    /// - Throws: `TransportError` where the task is cancelled, or the loop ends.
    func next(within limit: Duration) async throws(TransportError) -> [ByteSlice]? {
        let deadline = Deadline.after(limit)
        while true {
            let (events, hasEnded) = state.withLock { ($0.queue.take(), $0.hasEnded) }
            if let events { return events }
            if hasEnded { return nil }
            do throws(TransportError) {
                try await signal.wait(deadline: deadline)
            } catch {
                guard error.code == .deadline else { throw error }
                return []
            }
        }
    }
}
