internal import Bytes

/// The server's answer to a client's hello. (ClickHouse: `TCPHandler::sendHello` in src/Server/TCPHandler.cpp.)
public struct ServerHello: Sendable, Hashable {
    /// What the server calls itself: "ClickHouse".
    public var name = ""
    /// The version's parts.
    public var versionMajor: UInt64 = 0
    /// The version's parts.
    public var versionMinor: UInt64 = 0
    /// The version's parts.
    public var versionPatch: UInt64 = 0
    /// The newest revision that the server speaks.
    public var revision = Revision(rawValue: 0)
    /// The server's time zone.
    public var timeZone = ""
    /// What the server is called by its operator.
    public var displayName = ""
    /// Whether the server's packets come in chunks, as far as it is concerned.
    public var sends = Chunking.plain
    /// Whether the server wants the client's packets in chunks.
    public var receives = Chunking.plain

    /// What a side says about chunks.
    public enum Chunking: String, Sendable {
        case plain = "notchunked"
        case chunked
        case plainOptional = "notchunked_optional"
        case chunkedOptional = "chunked_optional"

        /// Whether to use chunks, for a side that rather goes without them.
        public var usesChunks: Bool { self == .chunked }
    }

    /// The settings of the user that are not as the server has them by default, as far as it tells: servers since 25.2 do.
    public var settings: [Setting] = []

    /// Whether the user may change no setting (`readonly = 1`): a query that names one is refused.
    public var refusesSettings: Bool { settings.contains { $0.name == "readonly" && $0.value == "1" } }

    /// Makes an empty one.
    public init() {}

    /// Reads what follows the packet's kind; nil where more bytes are needed.
    ///
    /// - Parameter offered: the revision of the client's hello: the server answers in the lower one's dialect.
    static func read(
        _ reader: inout ByteReader, offered: Revision, limits: Limits
    ) throws(ClickHouseProtocolError) -> ServerHello? {
        var hello = ServerHello()
        let texts = limits.textBytes
        guard let name = try reader.partialText("the server's name", limit: texts),
            let major = try reader.partialVarint("the server's version"),
            let minor = try reader.partialVarint("the server's version"),
            let number = try reader.partialVarint("the server's revision")
        else { return nil }
        (hello.name, hello.versionMajor, hello.versionMinor) = (name, major, minor)
        hello.revision = Revision(rawValue: number)
        let revision = min(offered, hello.revision)
        guard revision >= .oldest else {
            throw ClickHouseProtocolError(
                .unsupportedRevision,
                "\(name) \(major).\(minor) speaks revision \(number), this client none before \(Revision.oldest)")
        }
        if revision.has(.parallelReplicasVersion) {
            guard try reader.partialVarint("a version") != nil else { return nil }
        }
        guard let timeZone = try reader.partialText("the server's time zone", limit: texts),
            let displayName = try reader.partialText("the server's display name", limit: texts),
            let patch = try reader.partialVarint("the server's version")
        else { return nil }
        (hello.timeZone, hello.displayName, hello.versionPatch) = (timeZone, displayName, patch)
        if revision.has(.chunkedPackets) {
            guard let sends = try reader.partialText("the server's chunking", limit: texts),
                let receives = try reader.partialText("the server's chunking", limit: texts)
            else { return nil }
            guard let sends = Chunking(rawValue: sends), let receives = Chunking(rawValue: receives) else {
                throw ClickHouseProtocolError(.malformed, "the server's chunking is \(sends) and \(receives)")
            }
            (hello.sends, hello.receives) = (sends, receives)
        }
        if revision.has(.passwordRules) {
            guard let rules = try reader.partialCount("the password rules", limit: limits.columns) else { return nil }
            for _ in 0..<rules * 2 {
                guard try reader.partialText("a password rule", limit: texts) != nil else { return nil }
            }
        }
        if revision.has(.interserverSecretNonce) {
            guard reader.partialInteger(UInt64.self) != nil else { return nil }
        }
        if revision.has(.serverSettings) {
            guard let settings = try SettingsWire.read(&reader, limits: limits) else { return nil }
            hello.settings = settings
        }
        if revision.has(.queryPlanVersion) {
            guard try reader.partialVarint("a version") != nil else { return nil }
        }
        if revision.has(.clusterFunctionVersion) {
            guard try reader.partialVarint("a version") != nil else { return nil }
        }
        return hello
    }
}
