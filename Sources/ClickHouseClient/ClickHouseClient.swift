public import ClickHouseProtocol
public import Transport

/// A client of ClickHouse's native protocol, with connections of its own on each event loop.
///
/// It may be used from any task and any actor. A closure that it is given runs where its caller is: on the actor that it
/// belongs to, which each call inside leaves for the connection's loop and comes back to; or, where it belongs to none, on
/// the loop itself, which costs no hop between threads.
public final class ClickHouseClient: Sendable {
    /// How it reaches the server.
    public let configuration: ClickHouseConfiguration

    private let group: EventLoopGroup?
    private let pools: [LoopBound<LoopPool>]

    /// Makes a client on a group's loops. No connection is made before it is needed.
    public init(_ configuration: ClickHouseConfiguration, on group: EventLoopGroup) {
        self.configuration = configuration
        self.group = group
        pools = group.loops.map { LoopBound(LoopPool(configuration, on: $0), on: $0) }
    }

    /// Makes a client on one loop.
    public init(_ configuration: ClickHouseConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        group = nil
        pools = [LoopBound(LoopPool(configuration, on: loop), on: loop)]
    }

    /// Closes the connections that are idle, and each other one when it comes free. What is asked afterwards fails with
    /// `.closed`.
    @concurrent
    public func close() async {
        for pool in pools {
            // The body throws nothing; where the loop has ended, so have the connections.
            try? await pool.loop.run { await pool.value.close() }
        }
    }

    /// How many connections there are at this moment, on all of its loops.
    public var connections: ConnectionCounts {
        get async {
            var counts = ConnectionCounts()
            for pool in pools {
                // Where the loop has ended there are none.
                guard let some = try? await pool.loop.run({ pool.value.counts }) else { continue }
                counts.inUse += some.inUse
                counts.idle += some.idle
                counts.waiting += some.waiting
            }
            return counts
        }
    }

    /// A client's connections, and who waits for one.
    public struct ConnectionCounts: Sendable, Hashable {
        /// Those that somebody has, or that are being made.
        public var inUse = 0
        /// Those that wait to be used again.
        public var idle = 0
        /// Callers that wait for one.
        public var waiting = 0
    }

    /// The pool of the loop that the task is on, or of one of them all in turn.
    private func pool() -> LoopBound<LoopPool> {
        if let loop = EventLoop.current, let pool = pools.first(where: { $0.loop === loop }) { return pool }
        let loop = group?.next() ?? pools[0].loop
        return pools.first { $0.loop === loop } ?? pools[0]
    }

    /// Borrows a connection: for several queries that belong together, such as those with temporary tables. What `SET`, `USE`
    /// or a temporary table change of its session ends with the borrowing.
    ///
    /// - Throws: `ClickHouseError`, or what `body` throws.
    public func withConnection<Result>(
        deadline: Deadline = .never, _ body: (ClickHouseConnection) async throws -> Result
    ) async throws -> Result {
        let pool = pool()
        return try await pool.loop.run {
            let lent = try await Self.acquire(from: pool, until: deadline)
            do {
                let result = try await body(lent.value)
                await Self.release(lent, to: pool)
                return result
            } catch {
                await Self.release(lent, to: pool)
                throw error
            }
        }
    }

    /// On the pool's loop, which the task prefers.
    @concurrent
    private static func acquire(
        from pool: LoopBound<LoopPool>, until deadline: Deadline
    ) async throws(ClickHouseError) -> Handed<ClickHouseConnection> {
        Handed(try await pool.value.acquire(until: deadline))
    }

    @concurrent
    private static func release(_ lent: Handed<ClickHouseConnection>, to pool: LoopBound<LoopPool>) async {
        pool.value.release(lent.value)
    }

    /// Asks the server whether it is there.
    ///
    /// - Throws: `ClickHouseError`.
    @concurrent
    public func ping(deadline: Deadline = .never) async throws {
        try await withConnection(deadline: deadline) { try await $0.ping(deadline: deadline) }
    }

    /// Asks a query and gives its result to `body`: a sequence of blocks, each read when it is asked for. What `body` does
    /// not read is not sent on: the server is told to stop.
    ///
    /// - Throws: `ClickHouseError`, or what `body` throws.
    public func query<Result>(
        _ query: ClickHouseQuery, _ body: (ClickHouseResult) async throws -> Result
    ) async throws -> Result {
        try await withConnection(deadline: query.deadline) { try await $0.query(query, body) }
    }

    /// Asks a query and returns its result: a sequence of blocks, each read when it is asked for.
    ///
    ///     for try await block in try await client.query("SELECT number FROM numbers(10)") { … }
    ///
    /// The result has a connection of the pool until it was read to its end, has failed, or is let go of.
    ///
    /// - Throws: `ClickHouseError`.
    public func query(_ query: ClickHouseQuery) async throws(ClickHouseError) -> ClickHouseResult {
        let pool = pool()
        return try await onLoop(pool.loop) { () async throws(ClickHouseError) in
            let connection = try await pool.value.acquire(until: query.deadline)
            return Handed(try await connection.begin(query, lease: Lease(connection, of: pool)))
        }.value
    }

    /// Asks a query and returns its rows, each decoded when it is asked for. See `Block.rows(as:)`.
    ///
    ///     for try await visit in try await client.query("SELECT page, seconds FROM visits", as: Visit.self) { … }
    ///
    /// The rows have a connection of the pool until they were read to their end, have failed, or are let go of.
    ///
    /// - Throws: `ClickHouseError`; so does asking for a row: `.mismatch`, naming the column, where it does not suit `Row`.
    public func query<Row: Decodable>(
        _ query: ClickHouseQuery, as type: Row.Type
    ) async throws(ClickHouseError) -> ClickHouseRows<Row> {
        try await self.query(query).rows(as: type)
    }

    /// Asks a query and reads all of its result: for small ones.
    ///
    /// - Throws: `ClickHouseError`.
    @concurrent
    public func blocks(_ query: ClickHouseQuery) async throws -> [Block] {
        try await self.query(query) { try await $0.collect() }
    }

    /// Asks a query whose rows, if there are any, are of no interest.
    ///
    /// - Throws: `ClickHouseError`.
    @discardableResult
    @concurrent
    public func execute(_ query: ClickHouseQuery) async throws -> QuerySummary {
        try await withConnection(deadline: query.deadline) { try await $0.execute(query) }
    }

    /// Inserts rows that `body` writes, block by block. See `ClickHouseConnection.insert(into:columns:options:_:)`.
    ///
    /// - Throws: `ClickHouseError`, or what `body` throws.
    @discardableResult
    public func insert(
        into table: String, columns: [String] = [], options: ClickHouseQuery = "",
        _ body: (ClickHouseInsert) async throws -> Void
    ) async throws -> QuerySummary {
        try await withConnection(deadline: options.deadline) {
            try await $0.insert(into: table, columns: columns, options: options, body)
        }
    }

    /// Inserts one block.
    ///
    /// - Throws: `ClickHouseError`.
    @discardableResult
    @concurrent
    public func insert(
        into table: String, _ block: Block, options: ClickHouseQuery = ""
    ) async throws -> QuerySummary {
        try await withConnection(deadline: options.deadline) {
            try await $0.insert(into: table, block, options: options)
        }
    }
}
