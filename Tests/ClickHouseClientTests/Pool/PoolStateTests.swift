import ClickHouseProtocol
import TestSupport
import Testing
import Transport

@testable import ClickHouseClient

@Suite("What a pool decides")
struct PoolStateTests {
    private let start = Deadline.now

    private func pool(_ connections: Int = 2, waiters: Int = 10) -> PoolState<Int> {
        PoolState(
            .init(
                connections: connections, waiters: waiters, firstBackOff: .milliseconds(20),
                longestBackOff: .milliseconds(100)))
    }

    private func after(_ milliseconds: Int) -> Deadline { start.advanced(by: .milliseconds(milliseconds)) }

    private static let refused = ClickHouseError(.connect, "connection refused", isRetriable: true)

    private static let missing = ClickHouseError(
        ServerException(code: 81, name: "DB::Exception", message: "Database d does not exist"))

    @Test("A connection is made for whoever finds none, lent to it, and kept afterwards")
    func first() {
        var pool = pool()
        let (answer, actions) = pool.borrow(now: start)
        #expect(answer.text == "wait 1" && actions.text == "connect")
        #expect(pool.attemptSucceeded(7, now: start).text == "lend 7 to 1")
        #expect(pool.giveBack(7, isUsable: true, now: start).text == "")
        #expect(pool.borrow(now: start).answer.text == "lend 7")
        #expect(pool.count == 1)
    }

    @Test("A caller whose time is up while a connection is made fails nobody else, and the connection is not lost")
    func ownDeadline() {
        var pool = pool(1)
        _ = pool.borrow(now: start)
        _ = pool.borrow(now: start)
        let late = pool.leave(1)
        #expect(late?.code == .connect)
        #expect(late?.message == "the server has not answered yet")
        #expect(pool.borrow(now: start).answer.text == "wait 3")
        #expect(pool.attemptSucceeded(7, now: start).text == "lend 7 to 2")
        #expect(pool.giveBack(7, isUsable: true, now: start).text == "lend 7 to 3")
        // With nobody left the connection is kept.
        #expect(pool.giveBack(7, isUsable: true, now: start).text == "")
        #expect(pool.idle.map(\.connection) == [7])
    }

    @Test("Who finds all connections in use is told so when its time is up")
    func busy() {
        var pool = pool(1, waiters: 1)
        _ = pool.borrow(now: start)
        _ = pool.attemptSucceeded(7, now: start)
        #expect(pool.borrow(now: start).answer.text == "wait 2")
        #expect(pool.borrow(now: start).answer.text == "refuse pool_exhausted")
        #expect(pool.leave(2)?.code == .poolExhausted)
        #expect(pool.leave(2) == nil)
    }

    @Test("A failed attempt fails the one it was made for; who comes until the pause is over hears the same reason")
    func refusal() {
        var pool = pool()
        _ = pool.borrow(now: start)
        #expect(pool.attemptFailed(Self.refused, now: start).text == "fail 1 connect")
        guard case .refuse(let error) = pool.borrow(now: after(19)).answer else {
            Issue.record("not refused")
            return
        }
        #expect(error == Self.refused)
        // The pause doubles.
        #expect(pool.borrow(now: after(20)).answer.text == "wait 2")
        #expect(pool.attemptFailed(Self.refused, now: after(20)).text == "fail 2 connect")
        #expect(pool.borrow(now: after(59)).answer.text == "refuse connect")
        #expect(pool.borrow(now: after(60)).answer.text == "wait 3")
        // A success ends it.
        _ = pool.attemptSucceeded(7, now: after(60))
        #expect(pool.borrow(now: after(61)).answer.text == "wait 4")
    }

    @Test("A database that is missing may be there a moment later: that is told, but not remembered")
    func missingDatabase() {
        var pool = pool()
        _ = pool.borrow(now: start)
        _ = pool.borrow(now: start)
        #expect(pool.attemptFailed(Self.missing, now: start).text == "fail 1 server")
        #expect(pool.borrow(now: start).answer.text == "wait 3")
    }

    @Test("Where all connections break, those who wait are told why there are no new ones")
    func allBreak() {
        var pool = pool(2)
        for connection in [7, 8] {
            _ = pool.borrow(now: start)
            _ = pool.attemptSucceeded(connection, now: start)
        }
        for _ in 0..<3 { _ = pool.borrow(now: start) }
        #expect(pool.giveBack(7, isUsable: false, now: start).text == "close 7, connect")
        #expect(pool.attemptFailed(Self.refused, now: start).text == "fail 3 connect")
        #expect(pool.giveBack(8, isUsable: false, now: start).text == "close 8, fail 4 connect, fail 5 connect")
    }

    @Test("Nothing is lent once it is closed, and nobody is left waiting")
    func closed() {
        var pool = pool(2)
        _ = pool.borrow(now: start)
        _ = pool.attemptSucceeded(7, now: start)
        _ = pool.borrow(now: start)
        #expect(pool.close().text == "fail 2 closed")
        #expect(pool.attemptSucceeded(8, now: start).text == "close 8")
        #expect(pool.giveBack(7, isUsable: true, now: start).text == "close 7")
        #expect(pool.borrow(now: start).answer.text == "refuse closed")
        #expect(pool.count == 0)
    }

    // MARK: Any history

    /// What a world around the pool knows.
    private struct World {
        var pool: PoolState<Int>
        var now: Deadline
        var waiting: Set<Int> = []
        var inUse: [Int] = []
        var idle: Set<Int> = []
        var connecting = 0
        var nextConnection = 0
        var answered = 0

        mutating func perform(_ actions: [PoolState<Int>.Action]) {
            for action in actions {
                switch action {
                case .lend(let connection, let waiter):
                    PoolStateTests.check(waiting.remove(waiter) != nil, "lent to somebody who does not wait")
                    PoolStateTests.check(!inUse.contains(connection), "lent twice")
                    idle.remove(connection)
                    inUse.append(connection)
                    answered += 1
                case .fail(let waiter, _):
                    PoolStateTests.check(waiting.remove(waiter) != nil, "failed somebody who does not wait")
                    answered += 1
                case .connect: connecting += 1
                case .close(let connection):
                    PoolStateTests.check(!inUse.contains(connection), "closed what is in use")
                    idle.remove(connection)
                }
            }
        }
    }

    @Test(
        "In any history: nobody is forgotten, the limit holds, nothing is idle while somebody waits", arguments: 0..<20)
    func anyHistory(seed: Int) {
        var random = SeededRandom(UInt64(seed))
        for _ in 0..<100 {
            let limit = Int.random(in: 1...4, using: &random)
            var world = World(pool: pool(limit, waiters: 5), now: start)
            var isClosed = false
            for _ in 0..<60 {
                step(&world, &isClosed, &random)
                Self.check(world.idle.count + world.inUse.count + world.connecting <= limit, "more than the limit")
                Self.check(world.pool.count == world.idle.count + world.inUse.count + world.connecting, "miscounted")
                Self.check(Set(world.pool.idle.map(\.connection)) == world.idle, "other idle connections")
                Self.check(Set(world.pool.waiting) == world.waiting, "somebody was forgotten")
                Self.check(world.waiting.isEmpty || world.idle.isEmpty, "idle while somebody waits")
                Self.check(
                    world.waiting.isEmpty || !world.inUse.isEmpty || world.connecting > 0,
                    "somebody waits for nothing")
                Self.check(!isClosed || (world.waiting.isEmpty && world.idle.isEmpty), "left behind")
            }
            // Whatever is under way ends: then nobody waits any more.
            while !world.inUse.isEmpty || world.connecting > 0 {
                world.now = world.now.advanced(by: .milliseconds(1))
                if world.connecting > 0 {
                    world.connecting -= 1
                    world.perform(world.pool.attemptFailed(Self.refused, now: world.now))
                } else {
                    let connection = world.inUse.removeLast()
                    world.perform(world.pool.giveBack(connection, isUsable: false, now: world.now))
                }
            }
            Self.check(world.waiting.isEmpty, "somebody waits for ever")
        }
    }

    private func step(_ world: inout World, _ isClosed: inout Bool, _ random: inout SeededRandom) {
        world.now = world.now.advanced(by: .milliseconds(Int.random(in: 0...30, using: &random)))
        switch Int.random(in: 0..<100, using: &random) {
        case ..<40:
            let hadIdle = !world.idle.isEmpty
            let (answer, actions) = world.pool.borrow(now: world.now)
            switch answer {
            case .lend(let connection, _):
                Self.check(world.idle.remove(connection) != nil, "lent what is not idle")
                world.inUse.append(connection)
            case .wait(let waiter):
                Self.check(!hadIdle, "waits though one is idle")
                world.waiting.insert(waiter)
            case .refuse(let error):
                Self.check(!hadIdle || isClosed, "refused though one is idle")
                Self.check([.connect, .poolExhausted, .closed].contains(error.code), "refused for no reason")
            }
            world.perform(actions)
        case ..<55 where !world.inUse.isEmpty:
            let connection = world.inUse.remove(at: Int.random(in: 0..<world.inUse.count, using: &random))
            let isUsable = Int.random(in: 0..<3, using: &random) > 0
            let hadWaiters = !world.waiting.isEmpty
            let before = world.answered
            if isUsable, !isClosed { world.idle.insert(connection) }
            world.perform(world.pool.giveBack(connection, isUsable: isUsable, now: world.now))
            Self.check(!isUsable || isClosed || !hadWaiters || world.answered == before + 1, "a connection nobody got")
        case ..<70 where world.connecting > 0:
            world.connecting -= 1
            world.nextConnection += 1
            if !isClosed { world.idle.insert(world.nextConnection) }
            world.perform(world.pool.attemptSucceeded(world.nextConnection, now: world.now))
        case ..<80 where world.connecting > 0:
            world.connecting -= 1
            let error = Bool.random(using: &random) ? Self.refused : Self.missing
            world.perform(world.pool.attemptFailed(error, now: world.now))
        case ..<92:
            guard let waiter = world.waiting.randomElement(using: &random) else { return }
            world.waiting.remove(waiter)
            let others = world.pool.waiting.count - 1
            Self.check(world.pool.leave(waiter) != nil, "was not waiting")
            Self.check(world.pool.waiting.count == others, "one caller's end concerned another")
        case ..<97:
            world.perform(world.pool.dropIdle { connection, _ in connection % 2 == 0 })
        case 99 where !isClosed && Int.random(in: 0..<5, using: &random) == 0:
            isClosed = true
            world.perform(world.pool.close())
        default: break
        }
    }

    /// As #expect, which is slow where it is asked a million times.
    private static func check(_ holds: Bool, _ what: Comment) {
        if !holds { Issue.record(what) }
    }
}

extension PoolState<Int>.Answer {
    fileprivate var text: String {
        switch self {
        case .lend(let connection, _): "lend \(connection)"
        case .wait(let waiter): "wait \(waiter)"
        case .refuse(let error): "refuse \(error.code)"
        }
    }
}

extension [PoolState<Int>.Action] {
    fileprivate var text: String {
        map { action in
            switch action {
            case .lend(let connection, let waiter): "lend \(connection) to \(waiter)"
            case .fail(let waiter, let error): "fail \(waiter) \(error.code)"
            case .connect: "connect"
            case .close(let connection): "close \(connection)"
            }
        }.joined(separator: ", ")
    }
}
