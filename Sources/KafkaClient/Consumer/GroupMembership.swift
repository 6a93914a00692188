import KafkaProtocol
import Transport

/// One member's life in a group of the classic protocol: what to do, given what happened and what time it is.
///
///     waiting ──▶ joining ──▶ syncing ──▶ stable ──▶ waiting …          from each: ──▶ leaving ──▶ ended
///
/// A stable member has an assignment, which goes its own way; the member joins again, or leaves, once that is over:
///
///     unprepared ──▶ preparing ──▶ reading ──▶ revoking ──▶ none        lost meanwhile: ──▶ losing ──▶ none
///
/// A cooperative member (KIP-429) keeps what it reads (`held`) while it joins again, and the assignment is what comes to
/// it or goes from it at the moment: after each generation it gives back what is no longer its own, prepares what is new,
/// and joins once more where it gave anything back, since another member waits for that:
///
///     revoking ──▶ unprepared ──▶ preparing ──▶ none
///
/// It knows neither connections nor clocks. Events come in with the time, `advance` where only time has passed;
/// `takeActions` gives what is to be done, and `nextDeadline` says when to look again. What takes time is started under a
/// ticket, and its end comes back with it: an end whose ticket is no longer waited for changes nothing.
struct GroupMembership {
    /// What the member is set to.
    struct Settings: Sendable {
        /// How long the coordinator waits for a heartbeat before it gives the member's partitions away.
        var sessionTimeout = Duration.seconds(45)
        /// How often heartbeats are sent.
        var heartbeatInterval = Duration.seconds(3)
        /// How long the coordinator waits for the members to finish and join again.
        var rebalanceTimeout = Duration.seconds(60)
        /// How long a member that closes tries to tell the coordinator.
        var leaveTimeout = Duration.seconds(5)
        /// Whether the member has an identity that outlives it: then it does not leave.
        var isStatic = false
        /// Whether the member keeps what it reads through a rebalance.
        var isCooperative = false
        /// The waits between attempts.
        var backoff = Backoff()
    }

    /// Names something that was started.
    typealias Ticket = Int

    /// As whom the coordinator knows the member: heartbeats and commits carry it.
    struct Identity: Hashable, Sendable {
        var memberID: String
        /// −1 outside of a generation.
        var generation: Int32
    }

    /// A heartbeat that was sent.
    struct Heartbeat: Hashable, Sendable {
        var identity: Identity
        var sentAt: Deadline
    }

    /// The coordinator's answer to JoinGroup.
    struct Joined: Equatable, Sendable {
        var memberID: String
        var generation: Int32
        var leader: String
        var protocolName: String?
        /// All members, for the leader alone.
        var members: [GroupMember] = []
    }

    /// What the member tells of itself when it joins.
    struct Claim: Hashable, Sendable {
        /// What it reads on.
        var owned: [TopicPartition] = []
        /// What it was given last, and in which generation.
        var assigned: [TopicPartition] = []
        var generation: Int32 = -1
    }

    /// What to do.
    enum Action: Equatable {
        /// Send JoinGroup.
        case join(Ticket, memberID: String)
        /// Send SyncGroup; the group's leader shares out among these members first.
        case sync(Ticket, Identity, protocolName: String?, leading: [GroupMember]?)
        /// Send a heartbeat.
        case heartbeat(Heartbeat)
        /// Send LeaveGroup, and wait no longer than that.
        case leave(Ticket, memberID: String, by: Deadline)
        /// Look the coordinator up again before the next request.
        case forgetCoordinator
        /// Look up where to begin, then tell the listener that these are assigned.
        case prepare(Ticket, [TopicPartition])
        /// Begin to read what was prepared.
        case read
        /// Stop reading, at once: they are lost, which the listener will be told.
        case stop([TopicPartition])
        /// Stop reading, and ask the listener to finish and commit.
        case revoke(Ticket, [TopicPartition])
        /// Stop reading, and tell the listener that these are lost.
        case lose(Ticket, [TopicPartition])
        /// End early what was started under that ticket.
        case cancel(Ticket)
    }

    enum Phase: Hashable {
        /// Joins at that time.
        case waiting(until: Deadline)
        case joining(Ticket)
        case syncing(Ticket)
        /// A member of a generation, or one that has been lost and has an assignment to end.
        case stable
        case leaving(Ticket?, retryAt: Deadline, until: Deadline)
        case ended
    }

    enum Assignment: Hashable {
        case none
        /// Prepared at that time.
        case unprepared(retryAt: Deadline)
        case preparing(Ticket)
        case reading
        case revoking(Ticket)
        /// Lost while they were being revoked: the listener is told once it has returned.
        case ending(Ticket)
        case losing(Ticket)
    }

    /// Why the member ends, and until when it may take to do so while it owns nothing.
    struct Stop {
        var failure: KafkaError?
        var until: Deadline
    }

    let settings: Settings

    var phase: Phase
    var assignment = Assignment.none
    /// What the coordinator assigned, until it is revoked or lost; of a cooperative member what comes or goes.
    var partitions: [TopicPartition] = []
    /// What a cooperative member reads, and keeps as far as it knows.
    var held: [TopicPartition] = []
    /// What a cooperative member has held and lost, while something else comes or goes: the listener is still to be told.
    var lostMeanwhile: [TopicPartition] = []
    /// What comes to a cooperative member once it has given back what goes.
    var coming: [TopicPartition] = []
    /// Whether another member waits for what a cooperative one gives back.
    var rejoinsAfter = false
    /// Whether the listener was told of `partitions`.
    var isTold = false
    var memberID = ""
    /// −1 outside of a generation, and once it is lost. A cooperative member that joins again has its last one.
    var generation: Int32 = -1
    /// The generation that it has joined.
    var joinedGeneration: Int32 = -1
    /// What it was given last, and what it told of when it joined last.
    var lastClaim = Claim()
    var protocolName: String?
    /// Whether this member shares out.
    var isLeader = false

    /// Whether the group is rebalancing, or should.
    var mustRejoin = false
    var stop: Stop?

    /// When the newest answered heartbeat was sent: the coordinator has heard from the member since.
    var heardAt = Deadline.never
    /// The newest time at which the group was certainly not rebalancing.
    var settledAt = Deadline.never
    var heartbeatAt = Deadline.never
    /// When the group waits no longer for what is being revoked.
    var revokeBy = Deadline.never
    /// When the coordinator has given away what is held, if nothing is heard of it while joining.
    var holdUntil = Deadline.never
    /// Since when it is no member of a generation; nil while it is one.
    var apartSince: Deadline?
    /// Why it last did not become a member, or could not begin to read what it was assigned.
    var lastFailure: KafkaError?
    /// Attempts to join since the last assignment.
    var joins: Attempts
    /// Failures since the coordinator last answered: of heartbeats, of preparing, of leaving.
    var failures: Attempts

    private var cancelled: Ticket?
    private var actions: [Action] = []
    private var tickets = 0

    /// A member that joins at once.
    init(_ settings: Settings = Settings(), at now: Deadline) {
        self.settings = settings
        joins = Attempts(settings.backoff)
        failures = Attempts(settings.backoff)
        phase = .waiting(until: now)
        apartSince = now
    }

    /// What to do now, in this order.
    mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    mutating func act(_ action: Action) { actions.append(action) }

    /// Cancels once, however often it is asked for.
    mutating func cancel(_ ticket: Ticket) {
        guard cancelled != ticket else { return }
        cancelled = ticket
        act(.cancel(ticket))
    }

    mutating func newTicket() -> Ticket {
        tickets += 1
        return tickets
    }

    // MARK: What others may know

    /// The partitions that this member may read and commit: from their assignment until they are revoked or lost.
    var owned: Set<TopicPartition> {
        if isLost { return [] }
        switch assignment {
        case .none, .ending, .losing: return Set(held)
        case .unprepared, .preparing, .reading, .revoking: return Set(held).union(partitions)
        }
    }

    /// Whether anything is to be given back before the member can end.
    var hasAny: Bool { assignment != .none || !held.isEmpty || !lostMeanwhile.isEmpty }

    /// The partitions that the listener was told of.
    var told: [TopicPartition] { held + lostMeanwhile + (isTold ? partitions : []) }

    /// What it tells of itself when it joins now.
    var claim: Claim {
        var claim = lastClaim
        claim.owned = held
        return claim
    }

    /// As whom it commits.
    var identity: Identity { Identity(memberID: memberID, generation: generation) }

    var hasEnded: Bool { phase == .ended }

    /// Whether it closes or fails.
    var isStopping: Bool { stop != nil }

    /// Why it ended, where that was not the owner's wish.
    var failure: KafkaError? { stop?.failure }

    /// Whether the partitions belong to others already, or soon will without being asked for.
    var isLost: Bool {
        guard generation < 0 else { return false }
        return phase == .stable || settings.isCooperative && !told.isEmpty
    }

    /// Whether it reads while it is between generations.
    var holdsApart: Bool { settings.isCooperative && phase != .stable && hasAny && !isLost }

    /// Whether what is read must be given back.
    var mustStop: Bool { isLost || mustRejoin || stop != nil }

    var sessionEnd: Deadline { heardAt + settings.sessionTimeout }

    /// When `advance` has something to do next.
    var nextDeadline: Deadline {
        var next: Deadline
        switch phase {
        case .waiting(let until): next = stop != nil && hasAny ? .never : until
        case .joining, .syncing: next = hasAny ? .never : stop?.until ?? .never
        case .stable: next = isLost ? .never : min(sessionEnd, heartbeatAt)
        case .leaving(let ticket, let retryAt, let until): next = ticket == nil ? min(retryAt, until) : until
        case .ended: next = .never
        }
        switch assignment {
        case .unprepared(let retryAt): next = min(next, retryAt)
        case .revoking where !isLost: next = min(next, revokeBy)
        case .none, .preparing, .reading, .revoking, .ending, .losing: break
        }
        return holdsApart ? min(next, holdUntil) : next
    }
}
