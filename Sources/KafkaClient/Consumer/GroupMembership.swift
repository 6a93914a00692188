import Bytes
import KafkaProtocol

/// One member's way through the classic group protocol: what to ask next, given what the coordinator answered.
///
///     unjoined ── join ──▶ joining ── sync ──▶ syncing ── assignment ──▶ stable ── rebalance ──▶ unjoined
///
/// It knows neither connections nor clocks: answers go in, the next step comes out.
struct GroupMembership {
    enum State: Hashable, Sendable {
        case unjoined, joining, syncing, stable, left, failed
    }

    /// What to do now.
    enum Step: Equatable {
        /// Send JoinGroup, with `memberID`.
        case join
        /// Send SyncGroup; the group's leader computes the assignment of these members first.
        case sync(leading: [RangeAssignor.Member]?)
        /// Begin to read what was assigned, and send heartbeats.
        case work(ByteSlice)
        /// Go on as before.
        case proceed
        /// Finish and commit, then join again.
        case rejoin
        /// The partitions belong to others already: drop them, then join again.
        case abandon
        /// Look for the coordinator again, after a wait; then repeat what was asked.
        case findCoordinator
        /// Repeat what was asked, after a wait.
        case wait
        /// Stop: this does not get better by itself.
        case fail(KafkaErrorCode)
    }

    private(set) var state = State.unjoined
    private(set) var memberID = ""
    private(set) var generation: Int32 = -1
    private(set) var protocolName: String?
    private(set) var isLeader = false

    /// The member asks to join.
    mutating func willJoin() {
        state = .joining
        generation = -1
    }

    /// JoinGroup was answered.
    mutating func joined(
        _ code: KafkaErrorCode, memberID: String, generation: Int32, leader: String, protocolName: String?,
        members: [RangeAssignor.Member]
    ) -> Step {
        switch code {
        case .none:
            self.memberID = memberID
            self.generation = generation
            self.protocolName = protocolName
            isLeader = leader == memberID
            state = .syncing
            return .sync(leading: isLeader ? members : nil)
        case .memberIDRequired:
            // Since version 4 the first answer only names the member (KIP-394).
            self.memberID = memberID
            return .join
        case .unknownMemberID:
            self.memberID = ""
            return .join
        default:
            return other(code, again: .wait)
        }
    }

    /// SyncGroup was answered.
    mutating func synced(_ code: KafkaErrorCode, assignment: ByteSlice) -> Step {
        switch code {
        case .none:
            state = .stable
            return .work(assignment)
        case .rebalanceInProgress:
            state = .unjoined
            return .join
        case .unknownMemberID, .illegalGeneration:
            forget(keepingID: code == .illegalGeneration)
            return .join
        default:
            return other(code, again: .join)
        }
    }

    /// A heartbeat, or a commit, was answered.
    mutating func answered(_ code: KafkaErrorCode) -> Step {
        guard state == .stable else { return .proceed }
        switch code {
        case .none:
            return .proceed
        case .rebalanceInProgress:
            return .rejoin
        case .unknownMemberID, .illegalGeneration:
            forget(keepingID: code == .illegalGeneration)
            return .abandon
        default:
            return other(code, again: .proceed)
        }
    }

    /// No answer for so long that the coordinator has given the partitions away, or the rebalance took too long.
    mutating func sessionExpired() -> Step {
        forget(keepingID: true)
        return .abandon
    }

    /// The member leaves by its own will.
    mutating func leave() {
        state = .left
        generation = -1
    }

    private mutating func forget(keepingID: Bool) {
        if !keepingID { memberID = "" }
        generation = -1
        isLeader = false
        state = .unjoined
    }

    private mutating func other(_ code: KafkaErrorCode, again: Step) -> Step {
        switch code {
        case .notCoordinator, .coordinatorNotAvailable:
            return .findCoordinator
        case .coordinatorLoadInProgress:
            return .wait
        default:
            if code.isRetriable { return again }
            state = .failed
            return .fail(code)
        }
    }
}
