public import ClickHouseProtocol
public import Transport

/// How a client reaches ClickHouse, and how it behaves.
public struct ClickHouseConfiguration: Sendable {
    /// The servers: a connection goes to the first that answers. Where there are several, each but the last gets a share of
    /// the time of whoever waits, and one that failed in the last ten seconds is asked after the others.
    public var endpoints: [Endpoint]
    /// The database that tables without one are looked up in.
    public var database = "default"
    /// The user.
    public var user = "default"
    /// The user's password.
    public var password = ""
    /// What the user's quota counts by.
    public var quotaKey = ""
    /// What the program calls itself in the server's logs.
    public var clientName = "clickhouse-client"
    /// Whether blocks are compressed, both ways.
    public var compression = Compression.lz4
    /// How to connect: timeouts, keep-alive, TLS.
    public var connect = ConnectOptions()
    /// The settings of every query; a query's own come behind them.
    public var settings: [Setting] = []
    /// The connections that one event loop has at the most.
    public var connectionsPerLoop = 8
    /// How many may wait for a connection on one event loop; one more is refused at once.
    public var waitersPerLoop = 1024
    /// How long to wait for a connection, where the query's deadline is not nearer.
    public var acquireTimeout: Duration = .seconds(10)
    /// The time that a query has, where it has no deadline of its own; nil for any.
    public var queryTimeout: Duration?
    /// How long a connection may have been idle before it is asked whether it is there.
    public var idleCheck: Duration = .seconds(30)
    /// How long the rest of a result that is not wanted is read away after the server was told to stop; the connection
    /// is closed where that is not enough.
    public var drainTimeout: Duration = .seconds(1)
    /// Whether a query that was told to stop, and had not when its connection was closed, is ended with `KILL QUERY` after
    /// another `drainTimeout`, over a connection of its own.
    public var killsUnendedQueries = true
    /// The first pause after a connection could not be made; it doubles up to `longestBackOff`. Until it is over,
    /// whoever wants a new connection gets the last error at once.
    public var firstBackOff: Duration = .milliseconds(20)
    /// The longest pause after a connection could not be made.
    public var longestBackOff: Duration = .milliseconds(500)
    /// The newest revision of the protocol to offer.
    public var revision = Revision.newest
    /// What a server may make this side keep in memory.
    public var limits = Limits()

    /// How blocks travel. Whatever the server packs with is read. It is asked for the same method, unless its user may change
    /// no setting (`readonly = 1`) or its operator has chosen one; then it packs as it likes: with LZ4 up to ClickHouse 26.8,
    /// with ZSTD since.
    public enum Compression: Sendable, Hashable, CaseIterable {
        /// As they are.
        case none
        /// With LZ4 and a checksum.
        case lz4
        /// Inserts with LZ4's slow and small variant, for narrow networks; the answers with LZ4.
        case lz4hc
        /// With Zstandard: fewer bytes than LZ4, for more time on both sides.
        case zstd

        /// How what is sent is packed; nil for not at all.
        var method: CompressedFrame.Method? {
            switch self {
            case .none: nil
            case .lz4: .lz4
            case .lz4hc: .lz4hc
            case .zstd: .zstd
            }
        }

        /// What the server is asked to pack with.
        var asked: String? {
            switch self {
            case .none: nil
            case .lz4, .lz4hc: "LZ4"
            case .zstd: "ZSTD"
            }
        }
    }

    /// A configuration for one server.
    public init(_ endpoint: Endpoint = .tcp(host: "localhost", port: 9000)) { endpoints = [endpoint] }

    /// A configuration for servers that hold the same.
    ///
    /// - Precondition: there is one at least.
    public init(endpoints: [Endpoint]) {
        precondition(!endpoints.isEmpty, "a client needs a server")
        self.endpoints = endpoints
    }
}
