import Transport

/// The memory for large bodies on one loop: while there is none, the next bodies stay with their clients. Touched on the
/// loop alone.
final class LargeBodies {
    /// One request that waits for its turn.
    private final class Waiter {
        enum Verdict { case admitted, closed }
        let turn: LoopSignal
        var verdict: Verdict?

        init(on loop: EventLoop) { turn = LoopSignal(on: loop) }
    }

    private let loop: EventLoop
    private var room: BodyRoom<Waiter>
    private var isClosed = false

    init(limit: Int, on loop: EventLoop) {
        room = BodyRoom(limit: limit)
        self.loop = loop
    }

    /// Takes so many bytes, once they are free.
    ///
    /// - Throws: `HTTPError`: 503 where they are not by then, `.closed` where the server stops meanwhile.
    func take(_ bytes: Int, until deadline: Deadline) async throws(HTTPError) {
        if room.take(bytes) { return }
        guard !isClosed else { throw Self.stopped }
        let waiter = Waiter(on: loop)
        room.wait(waiter, for: bytes)
        var end = TransportError.Code.deadline
        do {
            try await waiter.turn.wait(deadline: deadline)
        } catch {
            end = error.code
        }
        switch waiter.verdict {
        // Admitted in the moment in which its wait ended otherwise: it has its part.
        case .admitted: return
        case .closed: throw Self.stopped
        case nil:
            room.leave(waiter)
            admit()
            guard end == .deadline else { throw Self.stopped }
            throw HTTPError(
                .serviceUnavailable, "too many large requests at once: try again",
                headers: [HTTPHeader("retry-after", "1")])
        }
    }

    /// Gives bytes back that were taken.
    func giveBack(_ bytes: Int) {
        room.giveBack(bytes)
        admit()
    }

    /// Nobody waits any longer.
    func close() {
        isClosed = true
        for waiter in room.removeWaiters() { decide(waiter, .closed) }
    }

    private func admit() {
        for waiter in room.admit() { decide(waiter, .admitted) }
    }

    private func decide(_ waiter: Waiter, _ verdict: Waiter.Verdict) {
        waiter.verdict = verdict
        waiter.turn.signal()
    }

    private static let stopped = HTTPError(.closed, "the server stops")
}
