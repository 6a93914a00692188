import Glibc
import TestSupport
import Testing

@testable import Transport

/// What loops are made of: timers, waits, signals between tasks, values that belong to a loop, threads for what blocks.
@Suite struct LoopPartsTests {
    private func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run { try await body(loop) }
        }
    }

    @Test func timersComeOutInTheirOrderWhateverIsTakenOutBetween() async throws {
        try await onLoop { loop in
            var random = SystemRandomNumberGenerator()
            var heap = TimerHeap()
            var model: [ObjectIdentifier: (timer: LoopTimer, time: Int64)] = [:]
            for _ in 0..<5_000 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    let timer = LoopTimer(loop: loop) {}
                    let time = Int64.random(in: 0..<1_000, using: &random)
                    heap.insert(timer, at: time)
                    model[ObjectIdentifier(timer)] = (timer, time)
                case 2:
                    guard let any = model.values.randomElement(using: &random) else { continue }
                    heap.remove(any.timer)
                    model[ObjectIdentifier(any.timer)] = nil
                default:
                    let first = model.values.map(\.time).min()
                    #expect(heap.first == first)
                    guard let first, let timer = heap.popDue(at: first) else { continue }
                    #expect(model.removeValue(forKey: ObjectIdentifier(timer))?.time == first)
                }
                #expect(heap.count == model.count)
            }
            heap.removeAll()
            #expect(model.values.allSatisfy { !$0.timer.isScheduled })
        }
    }

    @Test func aWaitEndsAtItsOwnDeadlineWhateverTheOneBeforeHad() async throws {
        try await onLoop { loop in
            let slot = WaitSlot(loop: loop)
            for (deadline, wakes) in [(100_000, true), (5, false), (100_000, true), (1, false)] {
                if wakes { loop.execute { slot.wake(.ready) } }
                let wake = await slot.wait(until: .after(milliseconds: deadline))
                switch wake {
                case .ready: #expect(wakes)
                case .deadline: #expect(!wakes)
                case .cancelled, .closed, .inUse: Issue.record("\(wake)")
                }
            }
            slot.retire()
        }
    }

    @Test func aSignalForOneIsNotSpentOnWhoHasGivenUp() async throws {
        try await onLoop { loop in
            let signal = LoopSignal(on: loop)
            let deadline = Deadline.after(milliseconds: 5)
            try await withThrowingTaskGroup(of: Bool.self) { tasks in
                tasks.addTask {
                    do {
                        try await signal.wait(deadline: deadline)
                        return true
                    } catch { return false }
                }
                await Task.yield()
                tasks.addTask {
                    try await signal.wait(deadline: .after(.seconds(20)))
                    return true
                }
                await Task.yield()
                // In the same round as the first one's deadline, and behind it: that one's task has not run since.
                loop.schedule(at: deadline.advanced(by: .nanoseconds(1))) { signal.signalOne() }
                var woken: [Bool] = []
                for try await wasWoken in tasks { woken.append(wasWoken) }
                #expect(woken.contains(true))
            }
        }
    }

    @Test func aValueEndsOnItsLoop() async throws {
        final class Value {
            let loop: EventLoop
            let ended: Gate
            init(_ loop: EventLoop, _ ended: Gate) {
                self.loop = loop
                self.ended = ended
            }
            deinit {
                // What belongs to the loop may be touched here.
                loop.preconditionCurrent()
                ended.open()
            }
        }
        try await withLoops(1) { group in
            for _ in 0..<200 {
                let ended = Gate()
                var bound: LoopBound<Value>? = LoopBound(Value(group.loops[0], ended), on: group.loops[0])
                withExtendedLifetime(bound) {}
                // Let go of on this thread.
                bound = nil
                await ended.wait()
            }
        }
    }

    @Test func namesThatNobodyAnswersForKeepNoFilesWaiting() async throws {
        let gate = ThreadGate()
        for _ in 0..<20 { BlockingPool.lookUp { gate.wait() } }
        let results = await withTaskGroup(of: Int.self) { tasks in
            for number in 0..<100 { tasks.addTask { await BlockingPool.run { number } } }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(results.sorted() == Array(0..<100))
        gate.open()
    }

    @Test func aSignalDoesWhatItDidOnceNobodyTakesIt() async throws {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            try await withLoops(1) { group in
                let loop = group.loops[0]
                try await loop.run {
                    var signals: Signals? = try Signals([.terminate], on: loop)
                    kill(getpid(), SIGTERM)
                    let signal = try await signals?.next()
                    guard signal == .terminate else { throw TestFailure("another signal") }
                    signals = nil
                    kill(getpid(), SIGTERM)
                    try await loop.sleep(for: .seconds(10))
                }
            }
        }
    }
}

/// A gate that threads wait at.
private final class ThreadGate: Sendable {
    private let monitor = Monitor(false)

    func wait() {
        monitor.wait { $0 ? () : nil }
        monitor.signal()
    }

    func open() {
        monitor.withLock { $0 = true }
        monitor.signal()
    }
}
