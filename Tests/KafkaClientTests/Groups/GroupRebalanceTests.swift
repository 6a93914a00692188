import Testing
import Transport

@testable import KafkaClient

@Suite("Rebalances in plain values")
struct GroupRebalanceTests {
    private let world = GroupWorld(
        seed: 1,
        GroupMembership.Settings(
            sessionTimeout: .seconds(10), heartbeatInterval: .seconds(3), rebalanceTimeout: .seconds(30),
            backoff: Backoff(first: .milliseconds(100), limit: .seconds(1), jitter: .proportional(0))))

    private func counts() -> [String: Int] {
        world.members.reduce(into: [:]) { counts, member in
            if member.isAllRead { counts[member.name] = member.membership.owned.count }
        }
    }

    private func settles(_ shares: [String: Int]) {
        #expect(world.pass(until: { counts() == shares }), "\(counts()) \(world.violations)")
    }

    @Test("a cooperative member reads on what it keeps, while another one joins and leaves")
    func cooperative() {
        var settings = world.settings
        settings.isCooperative = true
        let world = GroupWorld(seed: 2, settings)
        let a = world.join("a")
        #expect(world.pass(until: { a.reading.count == 6 }))
        var least: Set<TopicPartition> = a.reading
        func settles(_ counts: [Int]) -> Bool {
            world.pass(until: {
                least.formIntersection(a.reading)
                return world.members.map(\.reading.count) == counts
            })
        }
        let b = world.join("b")
        #expect(settles([3, 3]))
        #expect(least.count == 3, "what it keeps is never given back")
        world.close(b)
        #expect(settles([6, 0]))
        #expect(least.count == 3)
        #expect(world.violations == [])
    }

    @Test("two members: the second gets half, and its half goes back")
    func two() {
        world.join("a")
        settles(["a": 6])
        let b = world.join("b")
        settles(["a": 3, "b": 3])
        world.pass(.seconds(60))
        #expect(counts() == ["a": 3, "b": 3])
        world.close(b)
        settles(["a": 6])
        #expect(b.membership.hasEnded)
        #expect(world.violations == [])
    }

    @Test("three members: one dies, one leaves, one is thrown out and comes back")
    func three() {
        for name in ["a", "b", "c"] { world.join(name) }
        settles(["a": 2, "b": 2, "c": 2])
        world.throwOut(world.members[0])
        world.pass(.seconds(1))
        settles(["a": 2, "b": 2, "c": 2])
        world.kill(world.members[1])
        world.members[1].reading = []
        settles(["a": 3, "c": 3])
        world.close(world.members[2])
        settles(["a": 6])
        #expect(world.violations == [])
    }

    @Test("a coordinator that forgets is joined anew")
    func coordinatorForgets() {
        for name in ["a", "b"] { world.join(name) }
        settles(["a": 3, "b": 3])
        world.restartCoordinator()
        world.pass(.seconds(5))
        settles(["a": 3, "b": 3])
        #expect(world.violations == [])
    }

    @Test("closed in the middle of another's rebalance, it is gone before that is over")
    func closesMeanwhile() {
        world.weather.finishing = 20_000...20_000
        world.join("a")
        settles(["a": 6])
        let b = world.join("b")
        world.pass(.seconds(6))
        #expect(b.membership.phase != .stable)
        world.close(b)
        world.pass(.milliseconds(200))
        #expect(b.membership.hasEnded)
        #expect(world.coordinator.memberIDs == [world.members[0].membership.memberID])
        settles(["a": 6])
    }
}
