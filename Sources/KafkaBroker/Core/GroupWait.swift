import Transport

/// A request that waits for the group coordinator's answer.
///
/// Belongs to the broker's loop.
final class GroupWait {
    private var effect: GroupEffect?
    private let signal: LoopSignal

    init(on loop: EventLoop) { signal = LoopSignal(on: loop) }

    func finish(_ effect: GroupEffect) {
        self.effect = effect
        signal.signal()
    }

    /// The answer; nil where the connection or the broker ends first.
    func value() async -> GroupEffect? {
        while effect == nil {
            // Cancelled: whoever asked is gone.
            do { try await signal.wait() } catch { return nil }
        }
        return effect
    }
}

extension BrokerCore {
    /// Asks the coordinator something that it may answer later; nil where the connection or the broker ends first, and
    /// where there is no room for the request to wait in.
    func ask(_ call: Call, _ body: (GroupTicket) -> Void) async -> GroupEffect? {
        guard mayWait(call) else { return nil }
        let ticket = nextTicket
        nextTicket += 1
        let wait = GroupWait(on: loop)
        groupWaits[ticket] = wait
        defer { groupWaits[ticket] = nil }
        body(ticket)
        deliverGroupEffects()
        return await wait.value()
    }

    /// Hands out what the coordinator has decided, and has the timer look again where something is due earlier.
    func deliverGroupEffects() {
        for effect in coordinator.takeEffects() {
            switch effect {
            case .joined(let ticket, _), .synced(let ticket, _): groupWaits[ticket]?.finish(effect)
            }
        }
        guard let next = coordinator.nextDeadline, next < groupsDue else { return }
        groupsDue = next
        groupsChanged.signal()
    }

    /// Does what is due in the groups, until the broker ends.
    func runGroupTimer() async {
        while !Task.isCancelled {
            groupsDue = coordinator.nextDeadline ?? .max
            let deadline: Deadline =
                groupsDue == .max ? .never : .after(.milliseconds(max(groupsDue - now, 0)))
            do {
                try await groupsChanged.wait(deadline: deadline)
            } catch {
                guard error.code == .deadline else { return }
            }
            coordinator.advance(to: now)
            deliverGroupEffects()
        }
    }
}
