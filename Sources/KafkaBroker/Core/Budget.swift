import Transport

/// A memory limiter: an amount that many share. Who asks for more than is left waits until others give back.
///
/// What was taken is a `Reservation`, which gives itself back when nobody holds it any more: so there is no path, of an
/// error, a cancellation or an end, on which it could be forgotten or given back twice.
///
/// - Safety: `Sendable` though it holds changing state, so that reservations can end anywhere: all of it is touched on
///   the loop's thread alone, where `reserve` and `charge` are called and `giveBack` goes.
final class Budget: @unchecked Sendable {
    private let total: Int
    private let loop: EventLoop
    private let freed: LoopSignal

    /// What nobody has; below zero where more was charged than there is.
    private(set) var left: Int

    init(_ total: Int, on loop: EventLoop) {
        self.total = total
        self.loop = loop
        left = total
        freed = LoopSignal(on: loop)
    }

    /// Takes `amount` bytes once they are there; all of it where the amount is more than the whole.
    ///
    /// - Throws: `.deadline`, `.cancelled`, `.closed`; nothing is taken then.
    func reserve(_ amount: Int, deadline: Deadline) async throws(TransportError) -> Reservation {
        let amount = min(amount, total)
        while left < amount { try await freed.wait(deadline: deadline) }
        return charge(amount)
    }

    /// Takes what is spent already, even where more is spent than there is.
    func charge(_ amount: Int) -> Reservation {
        loop.preconditionCurrent()
        left -= amount
        return Reservation(of: self, amount)
    }

    fileprivate func take(_ amount: Int) {
        loop.preconditionCurrent()
        left -= amount
    }

    fileprivate func giveBack(_ amount: Int) {
        guard loop.isCurrent else { return loop.execute { self.giveBack(amount) } }
        left += amount
        freed.signal()
    }
}

/// A part of a budget, given back when its last holder lets go of it, on whatever thread that is.
///
/// An object rather than a value with one owner: it stands in answers beside the bytes that it pays for, and goes with
/// them from the broker's loop to the connection's.
///
/// - Safety: `Sendable` though it changes: `grow` and `move` are called on the budgets' loop alone, and at its end nobody
///   else has it.
final class Reservation: @unchecked Sendable {
    private var budget: Budget
    private(set) var amount: Int

    fileprivate init(of budget: Budget, _ amount: Int) {
        self.budget = budget
        self.amount = amount
    }

    deinit { budget.giveBack(amount) }

    /// Takes more, even where more is spent than there is. On the budget's loop only.
    func grow(by more: Int) {
        budget.take(more)
        amount += more
    }

    /// Goes over to another budget of the same loop, where that has as much left; gives whether it did. Never waits. On
    /// the budgets' loop only.
    func move(to other: Budget) -> Bool {
        guard other.left >= amount else { return false }
        other.take(amount)
        budget.giveBack(amount)
        budget = other
        return true
    }
}
