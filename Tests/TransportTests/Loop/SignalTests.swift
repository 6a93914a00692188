import Glibc
import TestSupport
import Testing
import Transport

@Suite struct SignalTests {
    @Test func signalsComeInTurn() async throws {
        await #expect(processExitsWith: .success) {
            try await withLoops(1) { group in
                let loop = group.loops[0]
                try await loop.run {
                    let signals = try Signals([.hangup, .terminate], on: loop)
                    kill(getpid(), SIGHUP)
                    guard try await signals.next() == .hangup else { throw TestFailure("not SIGHUP") }
                    kill(getpid(), SIGTERM)
                    guard try await signals.next() == .terminate else { throw TestFailure("not SIGTERM") }
                }
            }
        }
    }

    @Test func aLoopSignalWakesWhoWaits() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let signal = LoopSignal(on: loop)
                let count = LoopBound(0, on: loop)
                await withTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<5 {
                        tasks.addTask {
                            while count.value < 3 { try? await signal.wait() }
                        }
                    }
                    for _ in 0..<3 {
                        await Task.yield()
                        count.value += 1
                        signal.signal()
                    }
                    await tasks.waitForAll()
                }
                #expect(!signal.hasWaiters)
                await #expect { try await signal.wait(deadline: .after(.milliseconds(1))) } throws: {
                    ($0 as? TransportError)?.code == .deadline
                }
                #expect(!signal.hasWaiters)
            }
        }
    }
}
