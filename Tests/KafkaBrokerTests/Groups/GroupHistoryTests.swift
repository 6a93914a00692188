import Bytes
import TestSupport
import Testing

@testable import KafkaBroker

/// Random histories of a group of two to four members that come, leave, die without a word, and are slow; seeded, so that
/// each comes again.
@Suite struct GroupHistoryTests {
    @Test(arguments: 0..<300 as Range<UInt64>) func noPartitionHasTwoOwnersAndAllSettles(seed: UInt64) throws {
        var history = GroupHistory(seed: seed)
        history.run(steps: 150)
        history.settle()
        #expect(history.faults == [], "seed \(seed)")
    }
}

/// A client of the classic protocol that gives up all that it owns before it joins again.
private struct SimulatedMember {
    enum Doing {
        case nothing
        case joining(GroupTicket)
        case assigning(GroupJoined)
        case syncing(GroupTicket)
        case owning
        /// Gone, without a word to anybody.
        case dead
    }

    let name: String
    let isStatic: Bool
    var id = ""
    var generation: Int32 = -1
    var doing = Doing.nothing
    var owned: Set<Int> = []

    var instance: String? { isStatic ? name : nil }

    mutating func drop(_ next: Doing, forgetsID: Bool) {
        doing = next
        owned = []
        if forgetsID { id = "" }
    }
}

private struct GroupHistory {
    private static let partitions = 0..<6
    private static let (session, rebalance): (Int64, Int64) = (3_000, 6_000)

    private var random: SeededRandom
    private var coordinator: GroupCoordinator
    private var members: [SimulatedMember]
    private var now: Int64 = 0
    private var nextTicket: GroupTicket = 0
    private var open: [GroupTicket: Int] = [:]
    /// Who was given a partition in a generation.
    private var owners: [Int32: [Int: String]] = [:]
    private(set) var faults: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed)
        var ids = SeededRandom(~seed)
        coordinator = GroupCoordinator(
            settings: GroupSettings(initialRebalanceDelay: seed % 2 == 0 ? 0 : 500),
            makeID: { String(ids.next(), radix: 16) })
        let count = Int.random(in: 2...4, using: &random)
        var members: [SimulatedMember] = []
        for index in 0..<count {
            members.append(SimulatedMember(name: "m\(index)", isStatic: Bool.random(using: &random)))
        }
        self.members = members
    }

    // MARK: The history

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            let index = Int.random(in: members.indices, using: &random)
            switch Int.random(in: 0..<30, using: &random) {
            case 0: leave(index)
            case 1, 2: die(index)
            case 3: comeBack(index)
            // Anybody's slow: nothing is done for a while.
            case 4...9: break
            default: act(index)
            }
            tick(Int64.random(in: 0...700, using: &random))
        }
    }

    /// Nothing bad happens any more, and who is there does what a client does: soon all is shared out again.
    mutating func settle() {
        for _ in 0..<120 {
            for index in members.indices { act(index) }
            tick(250)
        }
        let alive = members.filter { if case .dead = $0.doing { false } else { true } }
        guard !alive.isEmpty else {
            if let group = coordinator.groups["g"] { faults.append("nobody is left, and the group is \(group.state)") }
            return
        }
        guard let group = coordinator.groups["g"] else { return faults.append("the group has gone") }
        if group.state != .stable { faults.append("the group is \(group.state) for ever") }
        if Set(group.members.keys) != Set(alive.map(\.id)) { faults.append("the members are \(group.members.keys)") }
        let shared = alive.flatMap(\.owned).sorted()
        if shared != Array(Self.partitions) { faults.append("shared out are \(shared)") }
        if coordinator.nextDeadline == nil { faults.append("nobody is looked after") }
    }

    private mutating func tick(_ milliseconds: Int64) {
        now += milliseconds
        coordinator.advance(to: now)
        collect()
    }

    // MARK: What members do

    private mutating func leave(_ index: Int) {
        let member = members[index]
        guard !member.id.isEmpty else { return }
        if case .dead = member.doing { return }
        // By its id, or as an administrator does, by its instance's.
        let byInstance = member.isStatic && Bool.random(using: &random)
        do throws(GroupError) {
            _ = try coordinator.leave("g", byInstance ? "" : member.id, instanceID: member.instance, now: now)
        } catch {}
        members[index].drop(.nothing, forgetsID: true)
        collect()
    }

    private mutating func die(_ index: Int) { members[index].drop(.dead, forgetsID: false) }

    private mutating func comeBack(_ index: Int) {
        guard case .dead = members[index].doing else { return }
        members[index].drop(.nothing, forgetsID: true)
    }

    private mutating func act(_ index: Int) {
        let member = members[index]
        switch member.doing {
        case .nothing: join(index)
        case .assigning(let joined): sync(index, joined)
        case .owning: live(index)
        // A member that waits for an answer can do nothing else.
        case .joining, .syncing, .dead: break
        }
        collect()
    }

    private mutating func ticket(_ index: Int) -> GroupTicket {
        nextTicket += 1
        open[nextTicket] = index
        return nextTicket
    }

    private mutating func join(_ index: Int) {
        let member = members[index]
        let ticket = ticket(index)
        members[index].drop(.joining(ticket), forgetsID: false)
        coordinator.join(
            GroupJoin(
                groupID: "g", memberID: member.id, instanceID: member.instance,
                requiresKnownMember: !member.isStatic, clientID: member.name, clientHost: "/h",
                sessionTimeout: Self.session, rebalanceTimeout: Self.rebalance, protocolType: "consumer",
                protocols: [GroupProtocol(name: "range", metadata: ByteSlice(utf8: "topics"))]),
            ticket: ticket, now: now)
    }

    private mutating func sync(_ index: Int, _ joined: GroupJoined) {
        let member = members[index]
        var assignments: [String: ByteSlice] = [:]
        if joined.leaderID == member.id {
            for (place, other) in joined.members.enumerated() {
                let mine = Self.partitions.filter { $0 % joined.members.count == place }
                assignments[other.memberID] = ByteSlice(mine.map { UInt8($0) })
            }
        }
        let ticket = ticket(index)
        members[index].doing = .syncing(ticket)
        coordinator.sync(
            "g", member.id, instanceID: member.instance, generation: member.generation, protocolType: "consumer",
            protocolName: "range", assignments: assignments, ticket: ticket, now: now)
    }

    /// A heartbeat, and now and then a commit.
    private mutating func live(_ index: Int) {
        let member = members[index]
        if Bool.random(using: &random) { commit(index) }
        do throws(GroupError) {
            try coordinator.heartbeat(
                "g", member.id, instanceID: member.instance, generation: member.generation, now: now)
        } catch {
            members[index].drop(.nothing, forgetsID: error != .rebalanceInProgress)
        }
    }

    private mutating func commit(_ index: Int) {
        let member = members[index]
        let group = coordinator.groups["g"]
        do throws(GroupError) {
            try coordinator.checkCommit(
                "g", member.id, instanceID: member.instance, generation: member.generation, now: now)
            if group?.generation != member.generation || group?.members[member.id] == nil {
                faults.append("\(member.name) commits in generation \(member.generation), which is over")
            }
            if group?.state == .completingRebalance { faults.append("\(member.name) commits while others sync") }
        } catch {
            if error == .rebalanceInProgress, group?.state != .completingRebalance {
                faults.append("\(member.name) may not commit what it has done before it joins again")
            }
        }
    }

    // MARK: Answers

    private mutating func collect() {
        // A group that everybody has left begins anew; ids of the old one are unknown to it.
        if coordinator.groups["g"] == nil { owners = [:] }
        for effect in coordinator.takeEffects() {
            switch effect {
            case .joined(let ticket, let result):
                guard let index = open.removeValue(forKey: ticket) else {
                    faults.append("a join is answered twice")
                    continue
                }
                guard case .joining(ticket) = members[index].doing else { continue }
                joined(index, result)
            case .synced(let ticket, let result):
                guard let index = open.removeValue(forKey: ticket) else {
                    faults.append("a sync is answered twice")
                    continue
                }
                synced(index, ticket, result)
            }
        }
    }

    private mutating func joined(_ index: Int, _ result: Result<GroupJoined, GroupJoinRefusal>) {
        switch result {
        case .success(let joined):
            members[index].id = joined.memberID
            members[index].generation = joined.generation
            members[index].doing = .assigning(joined)
        case .failure(let refusal):
            members[index].drop(.nothing, forgetsID: refusal.error != .rebalanceInProgress)
            if refusal.error == .memberIDRequired { members[index].id = refusal.memberID }
        }
    }

    private mutating func synced(_ index: Int, _ ticket: GroupTicket, _ result: Result<GroupSynced, GroupError>) {
        let member = members[index]
        guard case .success(let synced) = result else {
            guard case .failure(let error) = result, case .syncing(ticket) = member.doing else { return }
            return members[index].drop(.nothing, forgetsID: error != .rebalanceInProgress)
        }
        let given = Set(synced.assignment.array.map(Int.init))
        // What a member was given counts, whether it is still there or not. One that is named takes its own place.
        let generation = coordinator.groups["g"]?.generation ?? -1
        for partition in given {
            let owner = owners[generation]?[partition]
            if let owner, owner != member.name {
                faults.append("\(partition) is \(owner)'s and \(member.name)'s in generation \(generation)")
            }
            owners[generation, default: [:]][partition] = member.name
        }
        guard case .syncing(ticket) = member.doing else { return }
        members[index].doing = .owning
        members[index].owned = given
    }
}
