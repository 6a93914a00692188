public import Transport

/// Where the store is, and what its queries may take.
public struct EventStoreConfiguration: Sendable {
    /// The ClickHouse servers, at their native ports: any of them will do, the first that answers is asked.
    public var endpoints: [Endpoint]

    /// TLS to speak with them; nil for none.
    public var tls: TLSConfiguration?

    /// The database: a name that needs no quotes.
    public var database = "event_analytics"

    /// The user.
    public var user = "default"

    /// The user's password.
    public var password = ""

    /// How long a read may take.
    public var readTimeout = Duration.seconds(20)

    /// How long a read may take whose result is read as slowly as its reader likes.
    public var streamTimeout = Duration.seconds(600)

    /// How many such reads may be under way at once on a loop, each with a connection of its own beside the others'.
    public var streamsPerLoop = 4

    /// How large single events that are read together may be, in bytes of JSON; more of them are read in parts.
    public var groupedBytes = 16 << 20

    /// The largest result that is held in memory as a whole, in bytes.
    public var resultLimit = 64 << 20

    /// How long a look-up or a write of the consumer may take.
    public var writeTimeout = Duration.seconds(60)

    /// How long ClickHouse may take to show that it is well.
    public var probeTimeout = Duration.seconds(2)

    /// How much memory of the server a query may take, in bytes.
    public var queryMemory = 2 << 30

    /// How many connections an event loop has at the most for all other reads and writes.
    public var connectionsPerLoop = 8

    /// Makes a configuration.
    public init(endpoint: Endpoint = .tcp(host: "localhost", port: 9000)) {
        endpoints = [endpoint]
    }

    /// What logs and errors call the servers.
    var servers: String { endpoints.map(\.description).joined(separator: ", ") }
}
