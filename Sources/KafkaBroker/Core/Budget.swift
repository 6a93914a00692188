import Transport

/// An amount of memory that many share: who asks for more than is left waits until others give back.
///
/// Belongs to its loop.
final class Budget {
    private let total: Int
    private(set) var left: Int
    private let freed: LoopSignal

    init(_ total: Int, on loop: EventLoop) {
        self.total = total
        left = total
        freed = LoopSignal(on: loop)
    }

    /// Takes `amount`, which the whole budget can give, once it is there.
    func take(_ amount: Int, deadline: Deadline) async throws(TransportError) {
        precondition(amount <= total)
        while left < amount { try await freed.wait(deadline: deadline) }
        left -= amount
    }

    /// Takes what is spent already, even where more is spent than there is.
    func charge(_ amount: Int) { left -= amount }

    func give(back amount: Int) {
        left += amount
        freed.signal()
    }
}
