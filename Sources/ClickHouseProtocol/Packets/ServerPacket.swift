/// A packet from the server. (ClickHouse: `Protocol::Server` in src/Core/Protocol.h.)
public enum ServerPacket: Sendable, Hashable {
    /// The answer to a hello.
    case hello(ServerHello)
    /// Rows of the result; a block without rows tells the columns, one without columns marks an end.
    case data(Block)
    /// The query, or the hello, failed.
    case exception(ServerException)
    /// How far the query is.
    case progress(Progress)
    /// The answer to a ping.
    case pong
    /// The query is done.
    case endOfStream
    /// What the result came to.
    case profileInfo(ProfileInfo)
    /// The row of `WITH TOTALS`.
    case totals(Block)
    /// The least and the greatest values, where `extremes` is set.
    case extremes(Block)
    /// Lines of the server's log, where `send_logs_level` is set.
    case log(Block)
    /// The columns of the table that an INSERT goes to, with their defaults, in a text of their own format.
    case tableColumns(table: String, description: String)
    /// The parts that are read, between servers.
    case partUUIDs([ClickHouseUUID])
    /// Counters of the query.
    case profileEvents(Block)
    /// The session's time zone has changed.
    case timeZone(String)

    /// The numbers on the wire.
    enum Kind: UInt64 {
        case hello = 0
        case data = 1
        case exception = 2
        case progress = 3
        case pong = 4
        case endOfStream = 5
        case profileInfo = 6
        case totals = 7
        case extremes = 8
        case tablesStatus = 9
        case log = 10
        case tableColumns = 11
        case partUUIDs = 12
        case readTaskRequest = 13
        case profileEvents = 14
        case mergeTreeAllRanges = 15
        case mergeTreeReadTask = 16
        case timeZone = 17
        case sshChallenge = 18
    }
}
