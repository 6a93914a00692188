import KafkaProtocol
import TestSupport
import Transport

@testable import KafkaClient

/// Members and their coordinator in a world of plain values: time passes when everything due has happened, and the
/// network delays, loses and reorders as a seed says.
final class GroupWorld {
    /// How the network and the programs behave at the moment.
    struct Weather {
        /// One way, in milliseconds.
        var latency = 1...20
        /// Of 1,000 requests or answers, how many are lost, and how many take `longDelay`.
        var lost = 0
        var delayed = 0
        var longDelay = 200...800
        /// How long a listener takes to finish, in milliseconds.
        var finishing = 0...100
        /// Of 1,000 listeners, how many do not finish unless they are cancelled.
        var stuck = 0
        /// Whether every request is answered soon.
        var isFair: Bool { lost == 0 && delayed == 0 }
    }

    final class Member {
        let name: String
        var membership: GroupMembership
        var isAlive = true
        var reading: Set<TopicPartition> = []
        /// What was prepared last.
        var prepared: [TopicPartition] = []
        var closedAt: Deadline?
        var endedAt: Deadline?
        /// Whether it owned nothing when it was closed: then only leaving takes time.
        var hadNothing = false
        var cancelled: Set<Int> = []
        /// What a revoking listener does when it is cancelled.
        var onCancel: [Int: () -> Void] = [:]
        var lastSign: Deadline
        var ids: Set<String> = []

        init(_ name: String, _ membership: GroupMembership, at now: Deadline) {
            self.name = name
            self.membership = membership
            lastSign = now
        }

        /// Whether it reads, all that it owns.
        var isAllRead: Bool { membership.phase == .stable && !reading.isEmpty && reading == membership.owned }
        var isMember: Bool { isAlive && closedAt == nil }
    }

    private struct Event {
        var time: Deadline
        var number: Int
        var body: () -> Void
    }

    static let counts: [String: Int32] = ["t": 6]

    let settings: GroupMembership.Settings
    let assignor: any PartitionAssignor
    let start: Deadline
    private(set) var now: Deadline
    private(set) var coordinator: ModelCoordinator
    private(set) var members: [Member] = []
    var weather = Weather()
    private var random: SeededRandom
    private var events: [Event] = []
    private var number = 0
    /// Answers that the coordinator owes.
    private var waiting: [Int: (ModelCoordinator.Answer) -> Void] = [:]
    /// Who owned a partition in a generation, by the id of a member of that generation: ids are never used twice.
    private var owners: [String: String] = [:]
    private var epoch = 0
    private var epochs: [String: Int] = [:]
    private var sharedSince: [TopicPartition: Deadline] = [:]
    private(set) var longestShare = Duration.zero
    /// What must not be.
    private(set) var violations: [String] = []

    init(seed: UInt64, _ settings: GroupMembership.Settings) {
        self.settings = settings
        assignor = settings.isCooperative ? StickyAssignor(isCooperative: true) : RangeAssignor()
        random = SeededRandom(seed)
        start = .now
        now = start
        coordinator = ModelCoordinator(settings)
    }

    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private func happens(_ perMille: Int) -> Bool { perMille > 0 && pick(1...1000) <= perMille }

    // MARK: Time

    private func after(_ milliseconds: Int, _ body: @escaping () -> Void) {
        number += 1
        let event = Event(time: now + .milliseconds(milliseconds), number: number, body: body)
        var place = events.count
        while place > 0,
            events[place - 1].time < event.time
                || events[place - 1].time == event.time && events[place - 1].number < event.number
        {
            place -= 1
        }
        // The next one is last.
        events.insert(event, at: place)
    }

    /// Lets so much time pass.
    func pass(_ duration: Duration) {
        let end = now + duration
        while violations.isEmpty {
            var next = min(events.last?.time ?? .never, coordinator.nextDeadline)
            for member in members where member.isAlive && !member.membership.hasEnded {
                next = min(next, member.membership.nextDeadline)
            }
            guard next <= end else { break }
            now = max(now, next)
            while let event = events.last, event.time <= now {
                events.removeLast()
                event.body()
            }
            coordinator.advance(to: now)
            deliver()
            for member in members where member.membership.nextDeadline <= now { tell(member) { _ in } }
        }
        now = end
    }

    /// Lets time pass until `condition` holds.
    func pass(until condition: () -> Bool, within limit: Duration = .seconds(60)) -> Bool {
        let end = now + limit
        while !condition() {
            guard now < end, violations.isEmpty else { return false }
            pass(.milliseconds(10))
        }
        return true
    }

    // MARK: Members

    @discardableResult
    func join(_ name: String) -> Member {
        let member = Member(name, GroupMembership(settings, at: now), at: now)
        members.append(member)
        tell(member) { _ in }
        return member
    }

    func close(_ member: Member) {
        member.closedAt = now
        member.hadNothing = !member.membership.hasAny
        tell(member) { $0.close(at: self.now) }
    }

    /// Ends without a word.
    func kill(_ member: Member) { member.isAlive = false }

    func restartCoordinator() {
        epoch += 1
        coordinator.restart()
        waiting = [:]
    }

    /// Somebody says that a member leaves.
    func throwOut(_ member: Member) {
        _ = coordinator.leave(member.membership.memberID, at: now)
        deliver()
    }

    private func tell(_ member: Member, _ event: (inout GroupMembership) -> Void) {
        guard member.isAlive, !member.membership.hasEnded else { return }
        event(&member.membership)
        member.membership.advance(to: now)
        for action in member.membership.takeActions() { perform(action, member) }
        if member.membership.hasEnded { ended(member) }
        check(member)
    }

    private func ended(_ member: Member) {
        member.endedAt = now
        guard let closedAt = member.closedAt else { return }
        if member.hadNothing, closedAt + settings.leaveTimeout < now {
            violations.append("\(member.name) had nothing, and took \(closedAt.duration(to: now)) to leave")
        }
        guard weather.isFair else { return }
        // By then what it asked for last has been answered.
        after(100) {
            guard self.weather.isFair, !self.coordinator.memberIDs.isDisjoint(with: member.ids) else { return }
            self.violations.append("\(member.name) ended, and the group still counts on it")
        }
    }

    private func perform(_ action: GroupMembership.Action, _ member: Member) {
        switch action {
        case .join(let ticket, let id):
            let claim = member.membership.claim
            ask(
                member, { self.coordinator.join(id, claim, $0, at: self.now) },
                { answer in
                    guard case .joined(let code, let joined) = answer else { return }
                    if !joined.memberID.isEmpty {
                        self.epochs[joined.memberID] = self.epochs[joined.memberID] ?? self.epoch
                    }
                    member.ids.insert(joined.memberID)
                    self.tell(member) { $0.joined(ticket, code, joined, at: self.now) }
                }, { self.tell(member) { $0.requestFailed(ticket, Self.lost, at: self.now) } })
        case .sync(let ticket, let identity, _, let leading):
            let shares = leading.map { assignor.assign(to: $0, partitionCounts: Self.counts) } ?? [:]
            ask(
                member, { self.coordinator.sync(identity, shares, $0, at: self.now) },
                { answer in
                    guard case .synced(let code, let partitions) = answer else { return }
                    member.lastSign = self.now
                    self.tell(member) { $0.synced(ticket, code, partitions, at: self.now) }
                }, { self.tell(member) { $0.requestFailed(ticket, Self.lost, at: self.now) } })
        case .heartbeat(let heartbeat):
            member.lastSign = now
            call(
                { self.coordinator.heartbeat(heartbeat.identity, at: self.now) },
                { code in self.tell(member) { $0.answered(heartbeat, code, at: self.now) } },
                { self.tell(member) { $0.unanswered(heartbeat, at: self.now) } })
        case .leave(let ticket, let id, _):
            call(
                { self.coordinator.leave(id, at: self.now) },
                { code in self.tell(member) { $0.left(ticket, code, at: self.now) } },
                { self.tell(member) { $0.notLeft(ticket, Self.lost, at: self.now) } })
        case .forgetCoordinator:
            break
        case .prepare(let ticket, let partitions):
            member.prepared = partitions
            if happens(weather.lost) {
                after(pick(1...200)) { self.tell(member) { $0.notPrepared(ticket, Self.lost, at: self.now) } }
            } else {
                after(pick(1...50)) { self.tell(member) { $0.prepared(ticket, at: self.now) } }
            }
        case .read:
            member.reading.formUnion(member.prepared)
        case .stop(let partitions):
            member.reading.subtract(partitions)
        case .revoke(let ticket, let partitions):
            member.reading.subtract(partitions)
            let end = { self.tell(member) { $0.revoked(ticket, at: self.now) } }
            if happens(weather.stuck) { member.onCancel[ticket] = end } else { after(pick(weather.finishing), end) }
        case .lose(let ticket, let partitions):
            member.reading.subtract(partitions)
            after(pick(0...5)) { self.tell(member) { $0.lost(ticket, at: self.now) } }
        case .cancel(let ticket):
            if let end = member.onCancel.removeValue(forKey: ticket) { after(pick(0...5), end) }
        }
    }

    // MARK: The network

    static let lost = KafkaError(.connection, "the connection broke", isRetriable: true)

    private func latency() -> Int { happens(weather.delayed) ? pick(weather.longDelay) : pick(weather.latency) }

    /// A request that is answered at once.
    private func call(
        _ arrive: @escaping () -> KafkaErrorCode, _ answered: @escaping (KafkaErrorCode) -> Void,
        _ failed: @escaping () -> Void
    ) {
        if happens(weather.lost) { return after(pick(5...600), failed) }
        after(latency()) {
            let code = arrive()
            self.deliver()
            if self.happens(self.weather.lost) { return self.after(self.pick(5...600), failed) }
            self.after(self.latency()) { answered(code) }
        }
    }

    /// A request that is answered later.
    private func ask(
        _ member: Member, _ arrive: @escaping (Int) -> Void, _ answered: @escaping (ModelCoordinator.Answer) -> Void,
        _ failed: @escaping () -> Void
    ) {
        number += 1
        let waiter = number
        var isOver = false
        // The connection breaks where no answer comes.
        after(Int(settings.rebalanceTimeout.milliseconds) + 2_000) {
            if !isOver { failed() }
            isOver = true
        }
        if happens(weather.lost) {
            return after(pick(5...600)) {
                if !isOver { failed() }
                isOver = true
            }
        }
        waiting[waiter] = { answer in
            if self.happens(self.weather.lost) {
                return self.after(self.pick(5...600)) {
                    if !isOver { failed() }
                    isOver = true
                }
            }
            self.after(self.latency()) {
                if !isOver { answered(answer) }
                isOver = true
            }
        }
        after(latency()) {
            arrive(waiter)
            self.deliver()
        }
    }

    private func deliver() {
        for (waiter, answer) in coordinator.takeAnswers() { waiting.removeValue(forKey: waiter)?(answer) }
    }

    // MARK: What must hold

    private func check(_ member: Member) {
        let owned = member.membership.owned
        if !owned.isEmpty, !member.membership.holdsApart, member.lastSign + settings.heartbeatInterval < now {
            violations.append("\(member.name) owns partitions and sent no heartbeat since \(member.lastSign)")
        }
        if !member.reading.isSubset(of: owned) {
            violations.append("\(member.name) reads what it does not own")
        }
        let epoch = epochs[member.membership.memberID] ?? -1
        for partition in owned {
            let key = "\(epoch)/\(member.membership.generation)/\(partition)"
            if let other = owners[key], other != member.name {
                violations.append("\(key) was owned by \(other) and \(member.name)")
            }
            owners[key] = member.name
        }
        var counts: [TopicPartition: Int] = [:]
        for member in members where member.isAlive {
            for partition in member.membership.owned { counts[partition, default: 0] += 1 }
        }
        for (partition, since) in sharedSince where counts[partition, default: 0] < 2 {
            longestShare = max(longestShare, since.duration(to: now))
            sharedSince[partition] = nil
        }
        for (partition, count) in counts where count > 1 && sharedSince[partition] == nil {
            sharedSince[partition] = now
        }
    }

    /// What must hold once all is quiet.
    func checkQuiet() {
        let living = members.filter(\.isMember)
        for member in living where member.membership.hasEnded {
            violations.append("\(member.name) ended by itself: \(String(describing: member.membership.failure))")
        }
        for member in members where member.isAlive && member.closedAt != nil && member.endedAt == nil {
            violations.append("\(member.name) was closed and did not end: \(member.membership.phase)")
        }
        guard !living.isEmpty else { return }
        if Set(living.map(\.membership.memberID)) != coordinator.memberIDs {
            violations.append("the coordinator knows \(coordinator.memberIDs)")
        }
        for partition in 0..<6 {
            let owners = living.filter { $0.reading.contains(TopicPartition("t", Int32(partition))) }
            if owners.count != 1 { violations.append("partition \(partition) is read by \(owners.map(\.name))") }
        }
        if Set(living.map(\.membership.generation)).count > 1 { violations.append("generations differ") }
    }
}
