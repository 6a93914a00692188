public import Bytes

/// The first packet of a connection. (ClickHouse: `Connection::sendHello` in src/Client/Connection.cpp.)
public struct ClientHello: Sendable, Hashable {
    /// What the program calls itself.
    public var clientName = "clickhouse-client"
    /// The version of the program.
    public var version: (major: UInt64, minor: UInt64, patch: UInt64) {
        get { (versionMajor, versionMinor, versionPatch) }
        set { (versionMajor, versionMinor, versionPatch) = newValue }
    }
    private var versionMajor: UInt64 = 1
    private var versionMinor: UInt64 = 0
    private var versionPatch: UInt64 = 0
    /// The newest revision that this side speaks.
    public var revision = Revision.newest
    /// The database that tables without one are looked up in.
    public var database = ""
    /// The user.
    public var user = "default"
    /// The user's password.
    public var password = ""

    /// Makes a hello of a user without a password.
    public init() {}

    /// Writes the packet.
    public func encode(into writer: inout ByteWriter) {
        writer.writeVarint(ClientPacketKind.hello.rawValue)
        writer.writeText(clientName)
        writer.writeVarint(versionMajor)
        writer.writeVarint(versionMinor)
        writer.writeVarint(revision.rawValue)
        writer.writeText(database)
        writer.writeText(user)
        writer.writeText(password)
    }
}

/// What the client sends once it knows the server's hello; nothing to servers before revision 54458.
/// (ClickHouse: `Connection::sendAddendum`.)
public struct ClientAddendum: Sendable, Hashable {
    /// What the user's quota counts by.
    public var quotaKey = ""
    /// Whether the client's packets come in chunks.
    public var sendsChunked = false
    /// Whether the client wants the server's packets in chunks.
    public var receivesChunked = false

    /// The version of the protocol between replicas that is claimed; a client takes no part in it.
    private static let parallelReplicasVersion: UInt64 = 8

    /// Makes an addendum without a quota key and without chunks.
    public init() {}

    /// Writes it, as far as the revision has it.
    public func encode(into writer: inout ByteWriter, revision: Revision) {
        guard revision.has(.addendum) else { return }
        writer.writeText(quotaKey)
        if revision.has(.chunkedPackets) {
            writer.writeText(sendsChunked ? "chunked" : "notchunked")
            writer.writeText(receivesChunked ? "chunked" : "notchunked")
        }
        if revision.has(.parallelReplicasVersion) { writer.writeVarint(Self.parallelReplicasVersion) }
    }
}

/// What a client's packet is. (ClickHouse: `Protocol::Client` in src/Core/Protocol.h.)
public enum ClientPacketKind: UInt64, Sendable {
    case hello = 0
    case query = 1
    case data = 2
    case cancel = 3
    case ping = 4
}
