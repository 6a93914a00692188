public import Transport

/// Where the API is, and how patient to be.
public struct EventClientConfiguration: Sendable {
    /// The API's URL, such as `https://events.example.com/base`: `http` or `https`, a host's name or address (`[::1]` for
    /// IPv6), a port and a path where they are needed.
    public var baseURL: String

    /// The key that the API wants, where it wants one.
    public var apiKey: String?

    /// How TLS is spoken where the URL says `https`; nil trusts the system's authorities.
    public var tls: TLSConfiguration?

    /// How long one attempt may take.
    public var attemptTimeout = Duration.seconds(30)

    /// How long a call may take with all its attempts.
    public var deadline = Duration.seconds(60)

    /// The waits between attempts; what the API asks for with `Retry-After` comes on top.
    public var backoff = Backoff(first: .milliseconds(100), limit: .seconds(5), jitter: .full)

    /// How many connections may be open at once; calls beyond wait for one.
    public var maximumConnections = 16

    /// From how many bytes on a body is sent in gzip; nil for never.
    public var gzipThreshold: Int? = 1_024

    /// The largest answer, decompressed, in bytes.
    public var maximumAnswerBytes = 64 << 20

    /// How many events go in one request at most: the API takes 10,000 unless it was told otherwise.
    public var batchEvents = 1_000

    /// How many bytes of events go in one request at most, before gzip, where it is more than one: the API takes 16 MiB
    /// unless it was told otherwise.
    public var batchBytes = 4 << 20

    /// The usual configuration.
    ///
    /// - Parameters:
    ///   - baseURL: The API's URL.
    ///   - apiKey: The key that the API wants, where it wants one.
    public init(_ baseURL: String, apiKey: String? = nil) {
        self.baseURL = baseURL
        self.apiKey = apiKey
    }

    /// What makes no sense in it.
    func check() throws(EventClientError) {
        func positive(_ name: String, _ isPositive: Bool) throws(EventClientError) {
            if !isPositive { throw EventClientError(.configuration, "\(name) must be above 0", field: name) }
        }
        try positive("attemptTimeout", attemptTimeout > .zero)
        try positive("deadline", deadline > .zero)
        try positive("maximumConnections", maximumConnections > 0)
        try positive("maximumAnswerBytes", maximumAnswerBytes > 0)
        try positive("batchEvents", batchEvents > 0)
        try positive("batchBytes", batchBytes > 0)
        if let apiKey, apiKey.isEmpty || !apiKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            // The key itself is never shown.
            throw EventClientError(.configuration, "apiKey must be visible ASCII characters", field: "apiKey")
        }
    }
}
