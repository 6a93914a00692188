import Transport

/// Why a wait ended. Whoever waits looks at it: a loop that went on after `cancelled` or `closed` would not wait any more,
/// but spin, and hold up everything else on its event loop.
enum WaitEnd: Hashable {
    /// What was waited for may be there: look.
    case signalled
    /// The deadline passed.
    case deadline
    /// The task was cancelled.
    case cancelled
    /// The event loop ends.
    case closed
}

extension LoopSignal {
    /// Waits for the next signal, the deadline, the task's cancellation or the loop's end, and says which it was.
    func waitEnd(until deadline: Deadline = .never) async -> WaitEnd {
        do throws(TransportError) {
            try await wait(deadline: deadline)
            return .signalled
        } catch {
            return switch error.code {
            case .deadline: .deadline
            case .cancelled: .cancelled
            // What else a wait may throw says that there is nothing left to wait on.
            default: .closed
            }
        }
    }
}
