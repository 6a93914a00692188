import TestSupport
import Testing
import Transport

@testable import KafkaBroker

@Suite(.timeLimit(.minutes(2))) struct BudgetTests {
    private func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            try await loop.run { try await body(loop) }
        }
    }

    @Test func whatIsLetGoOfIsThereAgain() async throws {
        try await onLoop { loop in
            let budget = Budget(100, on: loop)
            var held: Reservation? = try await budget.reserve(60, deadline: .never)
            #expect(budget.left == 40)
            #expect(held?.amount == 60)
            held = nil
            #expect(budget.left == 100)
        }
    }

    @Test func whoAsksForMoreThanIsLeftWaits() async throws {
        try await onLoop { loop in
            let budget = Budget(100, on: loop)
            var held: Reservation? = try await budget.reserve(60, deadline: .never)
            await #expect(throws: TransportError.self) { _ = try await budget.reserve(50, deadline: .now) }
            #expect(budget.left == 40)
            let waiting = Task(executorPreference: loop) { try await budget.reserve(50, deadline: .never).amount }
            await Task.yield()
            _ = held
            held = nil
            let taken = try await waiting.value
            #expect(taken == 50)
        }
    }

    @Test func whatIsMovedIsTakenFromTheOtherAlone() async throws {
        try await onLoop { loop in
            let (first, second) = (Budget(100, on: loop), Budget(50, on: loop))
            var held: Reservation? = try await first.reserve(40, deadline: .never)
            let large = try await first.reserve(60, deadline: .never)
            #expect(held?.move(to: second) == true)
            #expect(first.left == 40)
            #expect(second.left == 10)
            // Where there is no room it stays where it was.
            #expect(!large.move(to: second))
            #expect(first.left == 40)
            #expect(second.left == 10)
            held = nil
            #expect(second.left == 50)
            #expect(first.left == 40)
            withExtendedLifetime(large) {}
        }
    }

    @Test func whatIsSpentAlreadyIsChargedWhateverIsLeft() async throws {
        try await onLoop { loop in
            let budget = Budget(100, on: loop)
            var charge: Reservation? = budget.charge(90)
            charge?.grow(by: 60)
            #expect(budget.left == -50)
            charge = nil
            #expect(budget.left == 100)
            // More than the whole is the whole.
            let whole = try await budget.reserve(1_000, deadline: .now)
            #expect(whole.amount == 100)
        }
    }

    /// Requests that take, wait, grow, hand over, end, fail and are cancelled, in random order: at the end all is there.
    @Test(arguments: 0..<20 as Range<UInt64>) func everyEndGivesBackExactlyOnce(seed: UInt64) async throws {
        try await onLoop { loop in
            let budget = Budget(1_000, on: loop)
            var random = SeededRandom(seed)
            var tasks: [Task<Void, any Error>] = []
            for _ in 0..<200 {
                let (amount, kind) = (Int.random(in: 1...1_200, using: &random), Int.random(in: 0..<6, using: &random))
                let pause = Duration.microseconds(Int.random(in: 0...300, using: &random))
                tasks.append(
                    Task(executorPreference: loop) {
                        let deadline = Deadline.after(kind == 0 ? .microseconds(200) : .seconds(60))
                        let reservation = try await budget.reserve(amount, deadline: deadline)
                        switch kind {
                        case 1: throw CancellationError()
                        case 2: reservation.grow(by: amount)
                        // The last holder is on a thread that is not the loop's.
                        case 3: await BlockingPool.run { [reservation] in withExtendedLifetime(reservation) {} }
                        case 4: try await loop.sleep(for: pause)
                        default: break
                        }
                        withExtendedLifetime(reservation) {}
                    })
                if Int.random(in: 0..<4, using: &random) == 0 { tasks.randomElement(using: &random)?.cancel() }
                if Int.random(in: 0..<4, using: &random) == 0 { await Task.yield() }
            }
            for task in tasks { _ = await task.result }
            // What ended on another thread is on its way to the loop.
            try await until("all being there again") { budget.left == 1_000 }
        }
    }
}
