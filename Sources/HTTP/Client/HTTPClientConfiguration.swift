public import Transport

/// How a client connects, how long it waits, and how much it takes.
public struct HTTPClientConfiguration: Sendable {
    /// How connections are made.
    public var connect = ConnectOptions()

    /// How many connections may be open at once on each loop; requests beyond wait for one.
    public var maxConnections = 100

    /// How long a request may take in all: waiting for a connection, sending, and receiving the response's head; and
    /// then its body, where it is collected.
    public var requestTimeout = Duration.seconds(30)

    /// How long a connection may be silent between two requests before it is closed: less than servers wait.
    public var idleTimeout = Duration.seconds(30)

    /// How much a response may send; `body` bounds what is collected.
    public var limits = HTTPLimits()

    /// Header lines that every request has.
    public var requestHeaders: [HTTPHeader] = []

    /// The usual configuration.
    public init() { limits.body = 64 * 1_048_576 }
}
