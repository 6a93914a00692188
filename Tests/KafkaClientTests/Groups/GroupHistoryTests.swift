import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

private let settings = GroupMembership.Settings(
    sessionTimeout: .milliseconds(1_000), heartbeatInterval: .milliseconds(300), rebalanceTimeout: .milliseconds(1_500),
    leaveTimeout: .milliseconds(1_000),
    backoff: Backoff(first: .milliseconds(20), limit: .milliseconds(100), jitter: .proportional(0))
)

/// Members and a coordinator that live through what a seed says, and then through quiet.
private func live(_ seed: UInt64, isCooperative: Bool) -> (GroupWorld, String) {
    var settings = settings
    settings.isCooperative = isCooperative
    let world = GroupWorld(seed: seed, settings)
    var story: [String] = []
    let isRestarted = world.pick(1...4) == 1
    world.weather.lost = world.pick(0...1) * world.pick(0...150)
    world.weather.delayed = world.pick(0...1) * world.pick(0...100)
    world.weather.stuck = world.pick(0...3) == 0 ? 150 : 0
    for step in 0..<world.pick(5...16) {
        let living = world.members.filter { $0.isMember && !$0.membership.hasEnded }
        switch world.pick(1...10) {
        case 1...4 where living.count < 4, _ where living.isEmpty:
            world.join("\(step)")
            story.append("join \(step)")
        case 5, 6:
            let member = living[world.pick(0...living.count - 1)]
            world.close(member)
            story.append("close \(member.name)")
        case 7:
            let member = living[world.pick(0...living.count - 1)]
            world.kill(member)
            story.append("kill \(member.name)")
        case 8:
            let member = living[world.pick(0...living.count - 1)]
            world.throwOut(member)
            story.append("throw out \(member.name)")
        case 9 where isRestarted:
            world.restartCoordinator()
            story.append("restart")
        default:
            story.append("idle")
        }
        world.pass(.milliseconds(world.pick(0...1) == 0 ? world.pick(0...100) : world.pick(0...1_500)))
    }
    world.weather = GroupWorld.Weather()
    world.pass(.seconds(12))
    if world.violations.isEmpty { world.checkQuiet() }
    if !isRestarted, world.longestShare > .milliseconds(world.weather.longDelay.upperBound + 20) {
        story.append("two had a partition for \(world.longestShare)")
        return (world, "shared; " + story.joined(separator: ", "))
    }
    return (world, story.joined(separator: ", "))
}

@Suite("Histories of a group")
struct GroupHistoryTests {
    @Test(
        "heartbeats come in time, no partition has two owners, all are owned in the end, who closes leaves",
        arguments: 0..<8, [false, true])
    func histories(_ part: Int, isCooperative: Bool) {
        for number in 0..<250 {
            let seed = UInt64(part * 10_000 + number)
            let (world, story) = live(seed, isCooperative: isCooperative)
            #expect(world.violations == [], "seed \(seed): \(story)")
            #expect(!story.hasPrefix("shared"), "seed \(seed): \(story)")
            if !world.violations.isEmpty { return }
        }
    }
}
