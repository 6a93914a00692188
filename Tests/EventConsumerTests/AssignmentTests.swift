import KafkaClient
import TestSupport
import Testing
import Transport

@testable import EventConsumer

/// Whether partitions are let go when they are asked for.
@Suite struct AssignmentTests {
    private func revoking(_ body: @escaping @Sendable (Assignment) -> Void) async throws -> Bool {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            return try await loop.run {
                let assignment = Assignment(cacheBytes: 1 << 20, on: loop)
                await assignment.assigned([TopicPartition("t", 0)])
                assignment.leases.hold(0, from: 0)
                // A batch was applied, and its commit failed.
                assignment.leases.applied(0, lease: assignment.leases.lease(of: 0), before: 7)
                if let commit = assignment.leases.dueCommit { assignment.leases.ended(commit, isCommitted: false) }
                assignment.settle()
                do {
                    try await withDeadline(.after(.seconds(20))) {
                        // On the loop, once the revoking waits.
                        loop.execute { body(assignment) }
                        await assignment.revoking([TopicPartition("t", 0)])
                        try Task.checkCancellation()
                    }
                    return true
                } catch {
                    return false
                }
            }
        }
    }

    @Test func nobodyWaitsForAConsumerThatReadsNoMore() async throws {
        #expect(try await revoking { $0.end() })
    }

    @Test func aCommitThatFailsOnceMoreIsTheLastOneThatIsWaitedFor() async throws {
        #expect(
            try await revoking { assignment in
                if let commit = assignment.leases.dueCommit { assignment.leases.ended(commit, isCommitted: false) }
                assignment.settle()
            })
    }
}
