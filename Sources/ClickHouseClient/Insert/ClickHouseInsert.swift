public import ClickHouseProtocol
import Transport

/// An INSERT that has begun: takes blocks of rows.
///
/// It belongs to the closure that it was given to.
public final class ClickHouseInsert {
    /// The columns that the table asks for, as a block without rows.
    public let sample: Block

    /// What the rows may have brought about.
    private(set) var fate = RequestFate(.insert)

    private let connection: ClickHouseConnection
    private let result: ClickHouseResult
    private let deadline: Deadline

    private init(_ connection: ClickHouseConnection, sample: Block, result: ClickHouseResult, deadline: Deadline) {
        self.connection = connection
        self.sample = sample
        self.result = result
        self.deadline = deadline
    }

    /// Waits until the server tells the columns.
    static func begin(
        _ connection: ClickHouseConnection, result: ClickHouseResult, deadline: Deadline
    ) async throws(ClickHouseError) -> ClickHouseInsert {
        while true {
            let packet = try await connection.nextPacket(until: deadline)
            if case .data(let sample) = packet {
                return ClickHouseInsert(connection, sample: sample, result: result, deadline: deadline)
            }
            _ = try result.take(packet)
            guard !result.isDone else {
                throw ClickHouseError(.protocolViolation, "the server ended an INSERT before it began")
            }
        }
    }

    /// Sends rows; returns once the system has taken them, which says nothing about their being in the table.
    ///
    /// The block has the columns of `sample`, in any order. Plain values suit columns of Nullable and LowCardinality.
    ///
    /// - Throws: `ClickHouseError`: `.mismatch`, naming the column, where the block does not suit the table; nothing of it
    ///   was sent then. After any other error the insert has failed, whatever the closure does.
    public func write(_ block: Block) async throws(ClickHouseError) {
        guard block.rowCount > 0 else { return }
        if let failure = fate.failure { throw failure }
        let fitted: Block
        do {
            fitted = try block.fitted(to: sample)
        } catch {
            throw ClickHouseError(error)
        }
        try await onLoop(connection.loop) { () async throws(ClickHouseError) in try await self.send(fitted) }
    }

    private func send(_ fitted: Block) async throws(ClickHouseError) {
        do throws(ClickHouseError) {
            // A server that has given up may have said so already.
            while let packet = try await connection.arrivedPacket() { _ = try result.take(packet) }
            try await connection.send(fitted, until: deadline, result: result) { fate.willSendRows() }
        } catch {
            throw fate.fail(error)
        }
    }

    /// Ends the rows, and waits until the server has taken all of them.
    func finish() async throws(ClickHouseError) {
        if let failure = fate.failure { throw failure }
        do throws(ClickHouseError) {
            try await connection.send(.empty, until: deadline, result: result)
            while try await result.next() != nil {}
        } catch {
            throw fate.fail(error)
        }
    }

    /// What is to be thrown where the closure ended with an error of the client.
    func judged(_ error: ClickHouseError) -> ClickHouseError { fate.fail(error) }
}
