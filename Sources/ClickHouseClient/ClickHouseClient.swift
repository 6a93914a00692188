public import ClickHouseProtocol
public import Transport

/// A client of ClickHouse's native protocol, with connections of its own on each event loop.
///
/// It may be used from any task. Used from a task on one of its loops it costs no hop between threads; the closures that
/// it calls run on the loop, and blocks are given to them where they were read. So what takes a closure is to be called
/// from code that belongs to no actor, and not from the top level of a `main.swift`, which is the main actor's; what
/// takes none may be called from anywhere.
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

    /// The pool of the loop that the task is on, or of one of them all in turn.
    private func pool() -> LoopBound<LoopPool> {
        if let loop = EventLoop.current, let pool = pools.first(where: { $0.loop === loop }) { return pool }
        let loop = group?.next() ?? pools[0].loop
        return pools.first { $0.loop === loop } ?? pools[0]
    }

    /// Borrows a connection: for several queries that belong together, such as those with temporary tables.
    ///
    /// - Throws: `ClickHouseError`, or what `body` throws.
    public func withConnection<Result>(
        deadline: Deadline = .never, _ body: (ClickHouseConnection) async throws -> Result
    ) async throws -> Result {
        let pool = pool()
        return try await pool.loop.run {
            let connection = try await pool.value.acquire(until: deadline)
            defer { pool.value.release(connection) }
            return try await body(connection)
        }
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
