import TestSupport
import Testing

@testable import Supervision

/// `up` with its usual children, and what it was told to do.
private final class Harness {
    private var state = SupervisorState([
        ("clickhouse", .server), ("broker", .server), ("migrate", .migration), ("api", .service(isNeeded: true)),
        ("consumer", .service(isNeeded: false)),
    ])
    private(set) var now = Duration.zero
    /// What was told since it was asked last.
    private var told: [SupervisorState.Action] = []
    private(set) var running: Set<String> = []
    private(set) var faults: [String] = []

    /// For each start: nil where it succeeds, else whether the reason may pass.
    var startFails: (String) -> Bool?

    init(startFails: @escaping (String) -> Bool? = { _ in nil }) {
        self.startFails = startFails
        take(state.begin())
    }

    /// Takes what was told.
    private func take(_ actions: [SupervisorState.Action]) {
        told += actions
        for action in actions {
            switch action {
            case .start(let name) where !state.isStopping:
                if running.contains(name) { faults.append("\(name) is started twice") }
                if let isTransient = startFails(name) {
                    take(state.notStarted(name, "no room", isTransient: isTransient, at: now))
                } else {
                    running.insert(name)
                    state.started(name, at: now)
                }
            case .signal(let name, _):
                if !running.contains(name) { faults.append("\(name) is sent a signal, and does not run") }
            case .end:
                if !running.isEmpty { faults.append("the end, and \(running) run") }
            default: break
            }
        }
    }

    func actions() -> [SupervisorState.Action] {
        defer { told = [] }
        return told
    }

    func end(_ name: String, _ end: SupervisorState.End, said: String? = nil) -> [SupervisorState.Action] {
        running.remove(name)
        take(state.ended(name, end, said: said, at: now))
        return actions()
    }

    func probed(_ areReady: Bool) -> [SupervisorState.Action] {
        take(state.probed(areReady: areReady, at: now))
        return actions()
    }

    func interrupt() -> [SupervisorState.Action] {
        take(state.interrupted(at: now))
        return actions()
    }

    /// Lets time pass in steps of 100 ms.
    func wait(_ duration: Duration) -> [SupervisorState.Action] {
        let end = now + duration
        while now < end {
            now += .milliseconds(100)
            take(state.advance(to: now))
        }
        return actions()
    }

    /// Everything runs and is ready.
    static func ready() -> Harness {
        let harness = Harness()
        _ = harness.end("migrate", .status(0))
        _ = harness.wait(.seconds(1))
        _ = harness.probed(true)
        _ = harness.wait(.seconds(60))
        return harness
    }
}

extension [SupervisorState.Action] {
    fileprivate var said: String {
        compactMap { if case .say(let text) = $0 { text } else { nil } }.joined(separator: "\n")
    }
    fileprivate var starts: [String] { compactMap { if case .start(let name) = $0 { name } else { nil } } }
    fileprivate var endsUp: Bool { contains { if case .end = $0 { true } else { false } } }
}

@Suite struct SupervisorStateTests {
    // MARK: The start

    @Test func serversAndTheMigrationComeFirstAndThenTheServices() {
        let harness = Harness()
        #expect(harness.actions() == [.start("clickhouse"), .start("broker"), .start("migrate")])
        #expect(harness.wait(.seconds(5)) == [])
        #expect(harness.end("migrate", .status(0)) == [.start("api"), .start("consumer")])
        #expect(harness.wait(.milliseconds(100)) == [.probe(["api", "consumer"])])
        // One at a time, with a pause between.
        #expect(harness.wait(.seconds(3)) == [])
        #expect(harness.probed(false) == [])
        #expect(harness.wait(.milliseconds(100)) == [])
        #expect(harness.wait(.milliseconds(100)) == [.probe(["api", "consumer"])])
        #expect(harness.probed(true) == [.welcome])
        #expect(harness.wait(.seconds(60)) == [])
    }

    @Test(arguments: ["clickhouse", "broker", "migrate"]) func whatCannotRunAtTheStartEndsUpWithTheReason(name: String)
    {
        let harness = Harness()
        _ = harness.actions()
        let actions = harness.end(name, .status(78), said: "no folder")
        #expect(actions.count == 1)
        #expect(harness.running.count == 2)
        for child in ["migrate", "broker", "clickhouse"] where child != name {
            let last = harness.end(child, .signal(15))
            if harness.running.isEmpty { #expect(last == [.end(reason: "\(name) cannot run: no folder")]) }
        }
        #expect(harness.faults == [])
    }

    @Test func whatFailsAgainAndAgainAtTheStartEndsUp() {
        let harness = Harness()
        for _ in 0..<3 {
            #expect(harness.end("broker", .status(1)).said.hasPrefix("broker ended with status 1, starting it again"))
            #expect(harness.wait(.seconds(2)).starts == ["broker"])
        }
        #expect(harness.end("broker", .status(1), said: "why") == [.signal("migrate", .kill)])
        _ = harness.end("migrate", .signal(9))
        #expect(
            harness.end("clickhouse", .status(0)) == [
                .end(reason: "broker ended with status 1, 4 times in a row: why")
            ])
    }

    @Test func aProgramThatIsNotThereEndsUpAtTheStart() {
        let harness = Harness { $0 == "broker" ? false : nil }
        #expect(harness.actions().contains(.signal("clickhouse", .terminate)))
        #expect(harness.end("clickhouse", .signal(15)) == [.end(reason: "cannot start broker: no room")])
        #expect(harness.faults == [])
    }

    // MARK: Deaths

    @Test func whoDiesIsStartedAgainEachTimeLater() {
        let harness = Harness.ready()
        #expect(harness.end("api", .signal(9)).said == "api was ended by signal 9, starting it again in 0.2 seconds")
        #expect(harness.wait(.milliseconds(200)) == [.start("api")])
        #expect(harness.end("api", .signal(9)).said.hasSuffix("in 0.4 seconds"))
        for _ in 0..<20 {
            _ = harness.wait(.seconds(11))
            #expect(!harness.end("api", .signal(9)).endsUp)
        }
        #expect(harness.wait(.milliseconds(9_900)) == [])
        #expect(harness.wait(.milliseconds(100)) == [.start("api")])
        // Who lived long fails for the first time again.
        _ = harness.wait(.seconds(31))
        #expect(harness.end("api", .signal(9)).said.hasSuffix("in 0.2 seconds"))
    }

    @Test(arguments: [true, false]) func aSpawnThatFailsIsTriedAgainLikeADeath(isTransient: Bool) {
        let harness = Harness.ready()
        var tries = 0
        harness.startFails = { _ in
            tries += 1
            return tries < 10 ? isTransient : nil
        }
        _ = harness.end("broker", .signal(9))
        let actions = harness.wait(.seconds(100))
        #expect(actions.said.hasPrefix("cannot start broker: no room; trying again in 0.4 seconds\n"))
        #expect(actions.said.hasSuffix("trying again in 10.0 seconds"))
        #expect(tries == 10)
        #expect(harness.running.count == 4)
        #expect(harness.faults == [])
    }

    @Test func aSystemWithoutRoomIsGivenSomeTimeAtTheStart() {
        var tries = 0
        let few = Harness { name in
            guard name == "broker" else { return nil }
            tries += 1
            return tries < 4 ? true : nil
        }
        #expect(!few.wait(.seconds(5)).endsUp)
        #expect(few.running.count == 3)
        let never = Harness { $0 == "broker" ? true : nil }
        #expect(never.wait(.seconds(5)).contains(.signal("migrate", .kill)))
    }

    // MARK: What cannot run

    @Test func aConsumerThatCannotRunLeavesTheRestRunning() {
        let harness = Harness()
        _ = harness.end("migrate", .status(0))
        let actions = harness.end("consumer", .status(78), said: "the topic is another one")
        #expect(actions.said.hasPrefix("consumer cannot run: the topic is another one\n"))
        #expect(harness.running == ["clickhouse", "broker", "api"])
        // The rest is welcome: the one that cannot run is not asked.
        #expect(harness.wait(.milliseconds(100)) == [.probe(["api"])])
        #expect(harness.probed(true) == [.welcome])
        // It is tried every ten seconds, and told of once a minute.
        var (tries, told) = (0, [String]())
        for _ in 0..<18 {
            let actions = harness.wait(.seconds(10))
            tries += actions.starts == ["consumer"] ? 1 : 0
            told.append(actions.said)
            if harness.running.contains("consumer") {
                told.append(harness.end("consumer", .status(78), said: "the topic is another one").said)
            }
        }
        #expect(tries == 18)
        #expect(told.filter { $0 == "still: consumer cannot run: the topic is another one" }.count == 3)
        #expect(told.allSatisfy { $0.isEmpty || $0.hasPrefix("still: ") })
        // Another reason is told at once.
        _ = harness.wait(.seconds(10))
        #expect(
            harness.end("consumer", .status(78), said: "a newer schema").said.hasPrefix("consumer cannot run: a newer"))
        // The operator has cured it.
        _ = harness.wait(.seconds(10))
        #expect(harness.wait(.seconds(21)).said == "consumer runs again")
        #expect(harness.wait(.seconds(300)) == [])
        #expect(harness.faults == [])
    }

    @Test(arguments: ["clickhouse", "broker", "api", "consumer"])
    func whatCannotRunAfterAllWasReadyEndsNothing(name: String) {
        let harness = Harness.ready()
        let actions = harness.end(name, .status(78), said: "no")
        #expect(actions.said.hasPrefix("\(name) cannot run: no\n"))
        #expect(harness.running.count == 3)
        #expect(harness.wait(.milliseconds(9_900)) == [])
        #expect(harness.wait(.milliseconds(100)) == [.start(name)])
        // Something else that happens to it is no reason to tell of the old one.
        _ = harness.end(name, .signal(9))
        #expect(!harness.wait(.seconds(200)).said.contains("still"))
    }

    // MARK: The end

    @Test func allIsStoppedInOrder() {
        let harness = Harness.ready()
        #expect(harness.interrupt() == [.say("stopping"), .signal("api", .terminate)])
        #expect(harness.end("api", .status(0)) == [.signal("consumer", .terminate)])
        #expect(harness.wait(.seconds(10)) == [])
        #expect(harness.end("consumer", .status(0)) == [.signal("broker", .terminate)])
        #expect(harness.end("broker", .status(0)) == [.signal("clickhouse", .terminate)])
        #expect(harness.end("clickhouse", .signal(9)) == [.end(reason: nil)])
    }

    @Test func aSecondSignalEndsAllAtOnceAndSaysSo() {
        let harness = Harness.ready()
        _ = harness.interrupt()
        _ = harness.end("api", .status(0))
        let actions = harness.interrupt()
        #expect(actions.said == "ending clickhouse, broker, consumer at once, as asked")
        #expect(
            actions.dropFirst() == [.signal("clickhouse", .kill), .signal("broker", .kill), .signal("consumer", .kill)])
        #expect(harness.end("broker", .signal(9)) == [])
        #expect(harness.end("consumer", .signal(9)) == [])
        #expect(harness.end("clickhouse", .signal(9)) == [.end(reason: nil)])
    }

    @Test func whoDoesNotEndInTimeIsEnded() {
        let harness = Harness.ready()
        _ = harness.interrupt()
        #expect(harness.wait(.seconds(29)) == [])
        let actions = harness.wait(.seconds(1))
        #expect(actions == [.say("api has not ended within 30.0 seconds, ending it"), .signal("api", .kill)])
        #expect(harness.end("api", .signal(9)) == [.signal("consumer", .terminate)])
    }

    @Test func whoWaitsToBeStartedIsNotStartedAnyMore() {
        let harness = Harness.ready()
        _ = harness.end("api", .signal(9))
        #expect(harness.interrupt() == [.say("stopping"), .signal("consumer", .terminate)])
        #expect(harness.wait(.seconds(20)) == [])
    }

    @Test func aProbeUnderWayIsStopped() {
        let harness = Harness()
        _ = harness.end("migrate", .status(0))
        _ = harness.wait(.seconds(1))
        #expect(harness.interrupt().contains(.stopProbe))
        #expect(harness.probed(true) == [])
    }

    // MARK: Histories

    /// Whatever happens to children: none is started twice or told something when it is not there, nothing but a start
    /// that failed or a signal ends `up`, and a signal always does.
    @Test(arguments: 0..<300 as Range<UInt64>) func anyHistoryEndsInOrder(seed: UInt64) {
        var source = SeededRandom(seed)
        func random(_ bound: UInt64) -> UInt64 { source.next(upperBound: bound) }
        let wasReady = random(2) == 0
        let harness = wasReady ? Harness.ready() : Harness()
        harness.startFails = { _ in random(5) == 0 ? random(2) == 0 : nil }
        var hasEnded = false
        for _ in 0..<200 where !hasEnded {
            var actions = harness.wait(.milliseconds(100 * Int64(random(120))))
            if actions.contains(where: { if case .probe = $0 { true } else { false } }) {
                actions += harness.probed(random(2) == 0)
            }
            if let name = harness.running.sorted().randomElement(random), random(3) > 0 {
                let ends: [SupervisorState.End] = [.status(78), .status(0), .signal(9), .signal(9)]
                actions += harness.end(name, ends[Int(random(4))], said: "said")
            }
            hasEnded = actions.endsUp
            #expect(!(hasEnded && wasReady), "seed \(seed)")
        }
        if !hasEnded {
            hasEnded = harness.interrupt().endsUp
            for _ in 0..<8 where !hasEnded {
                if random(2) == 0 { hasEnded = harness.interrupt().endsUp }
                if let name = harness.running.sorted().randomElement(random) {
                    hasEnded = harness.end(name, .signal(15)).endsUp || hasEnded
                }
            }
            #expect(hasEnded, "seed \(seed)")
        }
        #expect(harness.faults == [], "seed \(seed)")
    }
}

extension [String] {
    fileprivate func randomElement(_ random: (UInt64) -> UInt64) -> String? {
        isEmpty ? nil : self[Int(random(UInt64(count)))]
    }
}
