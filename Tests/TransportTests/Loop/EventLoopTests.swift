import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct EventLoopTests {
    @Test func runsOnTheLoopAndComesBack() async throws {
        try await withLoops(2) { group in
            #expect(EventLoop.current == nil)
            for loop in group.loops {
                let there = try await loop.run { EventLoop.current === loop && loop.isCurrent }
                #expect(there)
            }
            #expect(EventLoop.current == nil)
        }
    }

    @Test func staysOnTheLoopOverSuspensionsAndInChildTasks() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                for _ in 0..<100 {
                    await Task.yield()
                    #expect(loop.isCurrent)
                }
                try await loop.sleep(for: .milliseconds(1))
                #expect(loop.isCurrent)
                await withTaskGroup(of: Bool.self) { tasks in
                    for _ in 0..<10 { tasks.addTask { loop.isCurrent } }
                    for await isThere in tasks { #expect(isThere) }
                }
            }
        }
    }

    @Test func executesJobsFromAnyThreadInOrder() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let seen = LoopBound<[Int]>([], on: loop)
            for number in 0..<10_000 { loop.execute { seen.value.append(number) } }
            let all = try await loop.run { seen.value }
            #expect(all == Array(0..<10_000))
        }
    }

    @Test func manyThreadsWakeTheLoopAndNoJobIsLost() async throws {
        try await withLoops(2) { group in
            let count = LoopBound(0, on: group.loops[0])
            await withTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        for _ in 0..<5_000 { group.loops[0].execute { count.value += 1 } }
                    }
                }
            }
            let total = try await group.loops[0].run { count.value }
            #expect(total == 40_000)
        }
    }

    @Test func timersRunInOrderAndCanBeCancelled() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let order: [Int] = try await loop.run {
                let seen = LoopBound<[Int]>([], on: loop)
                let start = Deadline.now
                for number in [5, 1, 4, 2, 3] {
                    loop.schedule(at: start.advanced(by: .milliseconds(number))) { seen.value.append(number) }
                }
                let never = loop.schedule(at: start.advanced(by: .milliseconds(2))) { seen.value.append(-1) }
                never.cancel()
                try await loop.sleep(until: start.advanced(by: .milliseconds(8)))
                return seen.value
            }
            #expect(order == [1, 2, 3, 4, 5])
        }
    }

    @Test func cancellationEndsASleep() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let task = Task(executorPreference: loop) { try await loop.sleep(until: .never) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func cancellationMeetsASleepAtAnyMoment() async throws {
        try await withLoops(2) { group in
            for round in 0..<500 {
                let loop = group.loops[round % 2]
                let task = Task(executorPreference: loop) {
                    do { try await loop.sleep(for: .microseconds(round % 7 * 100)) } catch {}
                }
                if round % 3 == 0 { await Task.yield() }
                task.cancel()
                await task.value
            }
        }
    }

    @Test func shutdownEndsWhatStillWaits() async throws {
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        let signal = LoopSignal(on: loop)
        let waits = LoopBound(0, on: loop)
        let sleeper = Task(executorPreference: loop) {
            waits.value += 1
            try await loop.sleep(until: .never)
        }
        let waiter = Task(executorPreference: loop) {
            waits.value += 1
            try await signal.wait()
        }
        try await until { try await loop.run { waits.value == 2 } }
        await group.shutdown()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        await #expect { try await waiter.value } throws: { ($0 as? TransportError)?.code == .closed }
    }

    @Test func jobsThatComeAfterTheEndStillRun() async throws {
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        let gate = Gate()
        let late = Task(executorPreference: loop) {
            await gate.wait()
            return loop.isCurrent
        }
        await group.shutdown()
        gate.open()
        #expect(await late.value)
        let again = try await loop.run { loop.isCurrent }
        #expect(again)
    }
}

@Suite struct WithDeadlineTests {
    @Test func cancelsTheBodyAndSaysSo() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                await #expect {
                    try await withDeadline(.after(.milliseconds(5))) { try await loop.sleep(until: .never) }
                } throws: { ($0 as? TransportError)?.code == .deadline }
                let value = try await withDeadline(.after(.seconds(60))) { 42 }
                #expect(value == 42)
            }
        }
    }

    @Test func cancellationFromOutsideReachesTheBody() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            let task = Task(executorPreference: loop) {
                try await withDeadline(.after(.seconds(60))) { try await loop.sleep(until: .never) }
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
