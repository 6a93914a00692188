public import ClickHouseProtocol
import Transport

/// A query's result: blocks of rows, each read off the connection when it is asked for. What is not asked for stays with
/// the server, which stops producing once the network's buffers are full.
///
/// It is read once, from any actor. One that was given to a closure belongs to it; one that `ClickHouseClient.query(_:)`
/// returned has a connection until it was read to its end, has failed, or is let go of.
public final class ClickHouseResult: AsyncSequence {
    private let connection: ClickHouseConnection
    private let query: ClickHouseQuery
    /// What ends the borrowing of the connection, where that is the result's own.
    private var lease: Lease?
    private(set) var isDone = false
    /// What the query may have brought about.
    var fate: RequestFate

    /// The columns, as a block without rows; nil until the first block was asked for, and where there is no result.
    public private(set) var header: Block?
    /// The row of `WITH TOTALS`, once all blocks were read.
    public private(set) var totals: Block?
    /// The least and greatest values, where the setting `extremes` asks for them, once all blocks were read.
    public private(set) var extremes: Block?
    /// What the query has come to so far.
    public private(set) var summary: QuerySummary

    init(_ connection: ClickHouseConnection, query: ClickHouseQuery, id: String, lease: Lease? = nil) {
        self.connection = connection
        self.lease = lease
        fate = RequestFate(text: query.text)
        self.query = query
        summary = QuerySummary(queryID: id)
    }

    /// The next block that has rows; nil at the end.
    ///
    /// - Throws: `ClickHouseError`.
    public func next() async throws(ClickHouseError) -> Block? {
        if isDone { return nil }
        if connection.loop.isCurrent { return try await read() }
        return try await onLoop(connection.loop) { () async throws(ClickHouseError) in try await self.read() }
    }

    /// On the loop.
    private func read() async throws(ClickHouseError) -> Block? {
        do throws(ClickHouseError) {
            while !isDone {
                if let block = try take(try await nextPacket()) { return block }
            }
        } catch {
            isDone = true
            lease = nil
            throw fate.fail(error.of(query: summary.queryID, at: connection.endpoint))
        }
        lease = nil
        return nil
    }

    private func nextPacket() async throws(ClickHouseError) -> ServerPacket {
        do throws(ClickHouseError) {
            return try await connection.nextPacket(until: packetDeadline)
        } catch {
            guard error.code == .deadline, !query.deadline.hasPassed, let limit = query.packetTimeout else {
                throw error
            }
            var silent = error
            silent.message = "the server sent nothing for \(Silence.spoken(limit))"
            throw silent
        }
    }

    private var packetDeadline: Deadline {
        query.packetTimeout.map { Swift.min(query.deadline, .after($0)) } ?? query.deadline
    }

    /// All blocks that are left.
    public func collect() async throws(ClickHouseError) -> [Block] {
        var blocks: [Block] = []
        while let block = try await next() { blocks.append(block) }
        return blocks
    }

    /// Takes a packet in; a block with rows is handed out.
    func take(_ packet: ServerPacket) throws(ClickHouseError) -> Block? {
        switch packet {
        case .data(let block):
            if header == nil, !block.columns.isEmpty {
                header = block.withoutRows
            }
            return block.rowCount > 0 ? block : nil
        case .totals(let block): totals = block
        case .extremes(let block): extremes = block
        case .progress(let progress):
            summary.progress.add(progress)
            query.onProgress?(progress)
        case .profileInfo(let info): summary.profile = info
        case .profileEvents(let block): query.onProfileEvents?(block)
        case .log(let block): query.onLog?(block)
        case .endOfStream: isDone = true
        case .exception(let exception):
            isDone = true
            throw ClickHouseError(exception)
        case .tableColumns, .partUUIDs, .timeZone: break
        case .hello, .pong:
            throw ClickHouseError(.protocolViolation, "the server sent a packet that is none of a query's")
        }
        return nil
    }

    /// Reads the blocks one after the other.
    public func makeAsyncIterator() -> Iterator { Iterator(result: self) }

    /// Reads the blocks one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let result: ClickHouseResult

        /// The next block that has rows; nil at the end.
        public mutating func next() async throws(ClickHouseError) -> Block? { try await result.next() }

        /// The next block that has rows; nil at the end.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ClickHouseError) -> Block? { try await result.next() }
    }
}
