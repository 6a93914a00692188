import Transport

/// One caller that waits for room. Belongs to the producer's loop.
final class RoomWaiter {
    enum Verdict { case admitted, expired, closed }
    let turn: LoopSignal
    private(set) var verdict: Verdict?

    init(on loop: EventLoop) { turn = LoopSignal(on: loop) }

    func decide(_ verdict: Verdict) {
        self.verdict = verdict
        turn.signal()
    }
}

/// The bounded buffer.
extension ProducerCore {
    /// Whether so many bytes fit beside what waits already. One record always fits an empty buffer.
    func hasRoom(for bytes: Int) -> Bool { room.hasRoom(for: bytes) }

    var bufferFull: KafkaError {
        KafkaError(
            .bufferFull, "\(bufferedBytes) bytes wait for acknowledgement, of \(configuration.bufferBytes) allowed",
            isRetriable: true)
    }

    /// - Throws: `.recordTooLarge` where no request takes so many bytes.
    func checkSize(_ bytes: Int, topic: String, partition: Int32?) throws(KafkaError) {
        guard bytes > configuration.maxRequestBytes else { return }
        throw KafkaError(
            .recordTooLarge, "the record has \(bytes) bytes, a request takes \(configuration.maxRequestBytes)",
            topic: topic, partition: partition)
    }

    /// Has `take` buffer so many bytes once they fit.
    ///
    /// - Throws: `.bufferFull` where they do not within the delivery timeout, or at once where the configuration says so;
    ///   `.cancelled`, `.closed`; and what `take` throws.
    func whenRoom<Taken>(for bytes: Int, _ take: () throws -> Taken) async throws -> Taken {
        if hasRoom(for: bytes) { return try take() }
        if configuration.whenFull == .fail { throw bufferFull }
        if let failure { throw failure }
        if isClosing { throw closed }
        let waiter = RoomWaiter(on: loop)
        room.wait(waiter, for: bytes, until: Deadline.now + configuration.deliveryTimeout)
        // What it does not take, since it throws or was cancelled, is for those behind.
        defer {
            room.done(waiter)
            admit()
        }
        try await itsTurn(waiter)
        return try take()
    }

    private func itsTurn(_ waiter: RoomWaiter) async throws(KafkaError) {
        switch await waiter.turn.waitEnd() {
        case .signalled, .deadline:
            if let failure { throw failure }
            switch waiter.verdict {
            case .admitted: return
            case .closed: throw closed
            case .expired, nil: throw bufferFull
            }
        case .cancelled: throw .cancelled
        case .closed: throw .loopEnded
        }
    }

    /// Gives back what a batch took.
    func release(_ batch: ProducerBatch) {
        room.gaveBack(batch.takeByteCount())
        admit()
    }

    /// There may be more room, or fewer who wait for it.
    private func admit() {
        for waiter in room.admit() { waiter.decide(.admitted) }
        released.signal()
    }

    func expireWaiters(now: Deadline) {
        let expired = room.expire(at: now)
        if expired.isEmpty { return }
        for waiter in expired { waiter.decide(.expired) }
        // What did not fit in front of others is gone.
        admit()
    }

    /// Waits until so many bytes are left beside all that others want, without standing in anybody's way.
    ///
    /// - Throws: `.bufferFull` past the deadline; `.cancelled`, `.closed`.
    func waitToSpare(_ bytes: Int, until deadline: Deadline) async throws(KafkaError) {
        while true {
            // Before the room: a producer that has ended has plenty.
            if let failure { throw failure }
            if isClosing { throw closed }
            if hasRoom(for: bytes) { return }
            switch await released.waitEnd(until: deadline) {
            case .signalled: continue
            case .deadline: throw bufferFull
            case .cancelled: throw .cancelled
            case .closed: throw .loopEnded
            }
        }
    }
}
