public import Transport

/// How to reach a Kafka cluster; producers, consumers and admin clients each have one.
public struct KafkaConfiguration: Sendable {
    /// Brokers to ask first; any one that answers names all the others.
    public var brokers: [Endpoint]

    /// The name under which brokers log and count this client.
    public var clientID: String

    /// TLS towards every broker, or nil for plain TCP.
    public var tls: TLSConfiguration?

    /// Credentials, or nil for none.
    public var sasl: SASL?

    /// How long making a connection may take, TLS and authentication included.
    public var connectTimeout: Duration = .seconds(10)

    /// How long a broker may take to answer; the connection is given up after that.
    public var requestTimeout: Duration = .seconds(30)

    /// How old what is known of topics and leaders may grow.
    public var metadataMaxAge: Duration = .seconds(300)

    /// How long no broker may have said anything before one is asked whether it is there, while topics are in use.
    public var silenceLimit: Duration = .seconds(5)

    /// The waits between attempts to connect to one broker.
    public var reconnectBackoff = Backoff(first: .milliseconds(50), limit: .seconds(1))

    /// The waits between attempts of a request that may be repeated.
    public var retryBackoff = Backoff(first: .milliseconds(100), limit: .seconds(1))

    /// How long calls (admin calls, commits, metadata look-ups) go on trying before they fail.
    public var callTimeout: Duration = .seconds(60)

    /// The largest answer that is read, in bytes; a larger one breaks the connection.
    public var maxResponseBytes = 128 << 20

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - brokers: at least one.
    public init(
        brokers: [Endpoint], clientID: String = "kafka-client", tls: TLSConfiguration? = nil, sasl: SASL? = nil
    ) {
        self.brokers = brokers
        self.clientID = clientID
        self.tls = tls
        self.sasl = sasl
    }
}

/// Credentials for SASL.
public struct SASL: Sendable {
    enum Mechanism: String, Sendable {
        case plain = "PLAIN"
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA512 = "SCRAM-SHA-512"
    }

    let mechanism: Mechanism
    let user: String
    let password: String

    /// User and password as they are: only with TLS.
    public static func plain(user: String, password: String) -> SASL {
        SASL(mechanism: .plain, user: user, password: password)
    }

    /// A proof that the client knows the password, and one that the broker does (RFC 5802, RFC 7677).
    public static func scramSHA256(user: String, password: String) -> SASL {
        SASL(mechanism: .scramSHA256, user: user, password: password)
    }

    /// As `scramSHA256`, with the longer hash.
    public static func scramSHA512(user: String, password: String) -> SASL {
        SASL(mechanism: .scramSHA512, user: user, password: password)
    }
}
