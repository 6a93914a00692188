/// How TLS is spoken on a connection or a listener. Making one reads its files, so that what is wrong with them is told
/// at the start: make it once, and use it for as many connections as you like.
///
/// Verification is on unless turned off by name: the chain against the system's or the given authorities, the
/// certificate against the host's name.
public struct TLSConfiguration: Sendable {
    /// Whose signature counts.
    public enum Trust: Sendable {
        /// The authorities that the system trusts.
        case system
        /// The authorities in a PEM file.
        case file(String)
    }

    /// What a client checks.
    public enum Verification: Sendable {
        /// The chain and the host's name.
        case full
        /// The chain alone: anybody with a certificate of the authority can stand in for the host.
        case chainOnly
        /// Nothing: anybody at all can stand in for the host.
        case none
    }

    /// What a server asks of its clients.
    public enum ClientCertificates: Sendable {
        /// None are asked for.
        case none
        /// One that is given must be signed by the authorities.
        case optional(Trust)
        /// One must be given, signed by the authorities.
        case required(Trust)
    }

    /// The versions of the protocol.
    public enum Version: Int32, Sendable, Comparable {
        /// TLS 1.2.
        case tls12 = 0x0303
        /// TLS 1.3.
        case tls13 = 0x0304

        /// Orders by age.
        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// A certificate with its chain, and its key, in PEM files. The key must not be encrypted.
    public struct Identity: Sendable {
        /// The certificate's file, the intermediate ones behind it.
        public var certificateChainFile: String
        /// The private key's file.
        public var privateKeyFile: String

        /// An identity in two files, which may be the same.
        public init(certificateChainFile: String, privateKeyFile: String) {
            self.certificateChainFile = certificateChainFile
            self.privateKeyFile = privateKeyFile
        }
    }

    /// What to speak, and who with.
    enum Role: Sendable {
        case client(trust: Trust, verification: Verification, identity: Identity?, serverName: String?)
        case server(identity: Identity, named: [String: Identity], clients: ClientCertificates)
    }

    let role: Role
    let applicationProtocols: [String]
    let versions: ClosedRange<Version>
    let store: TLSContextStore

    private init(_ role: Role, _ applicationProtocols: [String], _ versions: ClosedRange<Version>)
        throws(TransportError)
    {
        self.role = role
        self.applicationProtocols = applicationProtocols
        self.versions = versions
        store = TLSContextStore(try TLSContext(role, applicationProtocols, versions))
    }

    /// For connections that are made.
    ///
    /// - Parameters:
    ///   - trust: whose signature counts.
    ///   - verification: what is checked.
    ///   - identity: the certificate that is shown to a server which asks for one.
    ///   - serverName: the name to ask for and to check, where it is not the endpoint's host.
    ///   - applicationProtocols: what to speak over TLS (ALPN), the best first.
    ///   - versions: which versions of TLS.
    public static func client(
        trust: Trust = .system, verification: Verification = .full, identity: Identity? = nil,
        serverName: String? = nil, applicationProtocols: [String] = [],
        versions: ClosedRange<Version> = .tls12 ... .tls13
    ) throws(TransportError) -> TLSConfiguration {
        try TLSConfiguration(
            .client(trust: trust, verification: verification, identity: identity, serverName: serverName),
            applicationProtocols, versions)
    }

    /// For listeners.
    ///
    /// - Parameters:
    ///   - identity: the server's certificate.
    ///   - named: certificates for clients that ask for these names (SNI), such as `b.example` or `*.example`; all others
    ///     get `identity`.
    ///   - clients: what clients must show.
    ///   - applicationProtocols: what may be spoken over TLS (ALPN), the best first; a client that offers none of them
    ///     is refused, one that offers nothing is not.
    ///   - versions: which versions of TLS.
    public static func server(
        identity: Identity, named: [String: Identity] = [:], clients: ClientCertificates = .none,
        applicationProtocols: [String] = [],
        versions: ClosedRange<Version> = .tls12 ... .tls13
    ) throws(TransportError) -> TLSConfiguration {
        try TLSConfiguration(
            .server(identity: identity, named: named, clients: clients), applicationProtocols, versions)
    }

    /// Reads the files again, for all holders of this configuration: connections from now on use what they hold then.
    /// Where that fails, all stays as it was.
    public func reload() throws(TransportError) {
        store.replace(with: try TLSContext(role, applicationProtocols, versions))
    }
}

/// What a connection's handshake came to.
public struct TLSInfo: Sendable, Hashable {
    /// The version, such as `TLSv1.3`.
    public var version: String
    /// The cipher suite's name.
    public var cipher: String
    /// What is spoken over it, where the two sides agreed on something (ALPN).
    public var applicationProtocol: String?
    /// The peer certificate's subject, such as `O=Example, CN=broker-1`; nil where it showed none.
    public var peerSubject: String?
    /// Whether an earlier session went on, without certificates being shown again.
    public var isResumed: Bool
    /// The name that the client asked for.
    public var serverName: String?
}
