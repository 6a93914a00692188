import Transport

/// The borrowing of a connection by whoever has this object: the pool takes the connection back when the object ends,
/// wherever and whyever it does.
final class Lease {
    private let pool: LoopBound<LoopPool>
    private let connection: Handed<ClickHouseConnection>

    init(_ connection: ClickHouseConnection, of pool: LoopBound<LoopPool>) {
        self.pool = pool
        self.connection = Handed(connection)
    }

    deinit {
        let (pool, connection) = (pool, connection)
        if pool.loop.isCurrent { return pool.value.takeBack(connection.value) }
        pool.loop.execute { pool.value.takeBack(connection.value) }
    }
}
