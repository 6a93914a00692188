import KafkaProtocol
import TestSupport
import Testing

@testable import KafkaClient

private let first = TopicPartition("t", 0)
private let second = TopicPartition("t", 1)
private let identity = ProducerIdentity(id: 7, epoch: 3)

/// A transaction that is open, with some partitions in it.
private func open(_ partitions: [TopicPartition] = []) throws -> TransactionState {
    var state = TransactionState()
    state.identified(identity)
    try state.begin()
    for partition in partitions { _ = state.mayWrite(to: partition) }
    _ = state.takeWanted()
    _ = state.answeredAdding(Dictionary(uniqueKeysWithValues: partitions.map { ($0, .none) }))
    return state
}

private func code(_ body: () throws -> Void) -> KafkaError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? KafkaError)?.code
    }
}

@Suite("A producer's transactions")
struct TransactionStateTests {
    @Test("a partition is written once the coordinator knows that it is in the transaction")
    func adding() throws {
        var state = try open()
        var may = state.mayWrite(to: first)
        #expect(!may)
        var told = state.takeWanted()
        #expect(told == [first])
        // Another one comes while the coordinator is told of the first.
        may = state.mayWrite(to: second)
        told = state.takeWanted()
        #expect(!may && told.isEmpty)
        var answer = state.answeredAdding([first: .none])
        #expect(answer == .done)
        may = state.mayWrite(to: first)
        told = state.takeWanted()
        #expect(may && told == [second])
        // One that is still being ended is no failure.
        answer = state.answeredAdding([second: .concurrentTransactions])
        #expect(answer == .again(hasMoved: false))
        told = state.takeWanted()
        answer = state.answeredAdding([second: .notCoordinator])
        #expect(told == [second] && answer == .again(hasMoved: true))
    }

    @Test("nothing is written outside of a transaction, nor two transactions at once")
    func phases() throws {
        var state = TransactionState()
        #expect(state.problem?.code == .configuration)
        #expect(code { try state.begin() } == .configuration, "it has no identity yet")
        state.identified(identity)
        #expect(state.problem != nil)
        #expect(code { _ = try state.beginCommit() } == .configuration)
        #expect(code { try state.abort() } == .configuration)
        try state.begin()
        #expect(state.problem == nil)
        #expect(code { try state.begin() } == .configuration)
    }

    @Test("a transaction with nothing in it is nothing to the coordinator")
    func empty() throws {
        var state = try open()
        let mustAsk = try state.beginCommit()
        #expect(!mustAsk)
        #expect(state.phase == .ready)
    }

    @Test("a commit without an answer may be asked for again, and the transaction not be aborted")
    func unanswered() throws {
        var state = try open([first])
        for _ in 0..<2 {
            let mustAsk = try state.beginCommit()
            #expect(mustAsk)
            #expect(code { try state.abort() } == .timeout)
        }
        let answer = state.answeredCommit(.none)
        #expect(answer == .done)
        #expect(state.phase == .ready && state.added.isEmpty)
        #expect(state.identity == identity, "the identity stays for the next one")
    }

    @Test("what fails can only be aborted, and the next identity begins anew")
    func failing() throws {
        var state = try open([first])
        state.fail(KafkaError(.deliveryTimeout, "late", isRetriable: true))
        #expect(state.problem?.code == .transactionFailed)
        #expect(code { _ = try state.beginCommit() } == .transactionFailed)
        let may = state.mayWrite(to: second)
        #expect(!may && state.wanted.isEmpty)
        try state.abort()
        #expect(state.phase == .unknown)
        state.identified(ProducerIdentity(id: 7, epoch: 4))
        try state.begin()
        #expect(state.added.isEmpty && state.problem == nil)
    }

    @Test("a producer that another one has fenced off ends for good", arguments: [0, 1, 2, 3])
    func fenced(_ how: Int) throws {
        var state = try open([first])
        switch how {
        case 0:
            _ = state.mayWrite(to: second)
            _ = state.takeWanted()
            _ = state.answeredAdding([second: .producerFenced])
        case 1:
            _ = try state.beginCommit()
            _ = state.answeredCommit(.invalidProducerEpoch)
        case 2: _ = state.answeredOffsets(.producerFenced)
        default: _ = state.answeredIdentity(.producerFenced)
        }
        #expect(state.problem?.code == .fenced)
        #expect(code { try state.begin() } == .fenced)
        #expect(code { try state.abort() } == .fenced)
        state.identified(identity)
        #expect(state.problem?.code == .fenced)
    }

    @Test("a group that has gone on without the member fails the transaction, and nothing of it is committed")
    func offsets() throws {
        var state = try open()
        let added = state.answeredOffsets(.none)
        #expect(added == .done && state.hasOffsets)
        let taken = state.answeredCommit(ofOffsets: .illegalGeneration)
        #expect(taken == .failed)
        #expect(code { _ = try state.beginCommit() } == .transactionFailed)
    }

    @Test("answers that come after the transaction's end change nothing")
    func late() throws {
        var state = try open()
        _ = state.mayWrite(to: first)
        _ = state.takeWanted()
        try state.abort()
        let adding = state.answeredAdding([first: .none])
        let commit = state.answeredCommit(.none)
        #expect(adding == .failed && commit == .failed)
        #expect(state.added.isEmpty && state.phase == .unknown)
    }
}
