import ClickHouseProtocol

/// The settings that the client adds to each query on its own account, as far as the server lets its user change any.
///
/// A user with `readonly = 1` may not: a query that gives a setting another value is refused, and the connection closed. What
/// the server's hello says of its user's settings tells that; servers before 25.2 say nothing there, and pack with LZ4
/// unless their operator wants otherwise.
struct OwnSettings {
    /// What comes before the client's and the query's settings.
    let query: [Setting]
    /// The same for an INSERT of blocks.
    let insert: [Setting]

    init(_ compression: ClickHouseConfiguration.Compression, server: ServerHello, revision: Revision) {
        let isAllowed = revision.has(.settingsAsText) && !server.refusesSettings
        let name = "network_compression_method"
        if isAllowed, revision.has(.serverSettings), let method = compression.asked,
            !server.settings.contains(where: { $0.name == name })
        {
            // 26.9 packs with ZSTD otherwise.
            query = [Setting(name, method, isImportant: false)]
        } else {
            query = []
        }
        // Whoever inserts blocks makes batches of its own, and wants to know what became of them.
        insert = query + (isAllowed ? [Setting("async_insert", "0", isImportant: false)] : [])
    }
}
