public import Bytes

/// A query and all that goes with it. (ClickHouse: `Connection::sendQuery` in src/Client/Connection.cpp.)
///
/// After it the client sends the external tables, each as a block with a name, and a block without columns.
public struct QueryPacket: Sendable, Hashable {
    /// The query's id; the server makes one where it is empty.
    public var id = ""
    /// The text.
    public var text: String
    /// The settings.
    public var settings: [Setting] = []
    /// The values of `{name:Type}` in the text.
    public var parameters: [QueryParameter] = []
    /// Whether blocks are compressed, both ways.
    public var isCompressed = true
    /// The trace that the query belongs to.
    public var trace: TraceParent?
    /// Who asks.
    public var client = ClientDescription()

    /// The stage up to which the server works on the query: to its end.
    private static let stageComplete: UInt64 = 2

    /// Makes a query of its text.
    public init(_ text: String) { self.text = text }

    /// Writes the packet.
    ///
    /// - Throws: `ClickHouseProtocolError` `.unsupportedRevision` where there are parameters and the revision has none.
    public func encode(into writer: inout ByteWriter, revision: Revision) throws(ClickHouseProtocolError) {
        guard parameters.isEmpty || revision.has(.parameters) else {
            throw ClickHouseProtocolError(
                .unsupportedRevision, "the server's revision \(revision) has no query parameters")
        }
        writer.writeVarint(ClientPacketKind.query.rawValue)
        writer.writeText(id)
        client.encode(into: &writer, queryID: id, trace: trace, revision: revision)
        SettingsWire.encode(settings, into: &writer, revision: revision)
        if revision.has(.externalRoles) { writer.writeText("") }
        if revision.has(.interserverSecret) { writer.writeText("") }
        writer.writeVarint(Self.stageComplete)
        writer.writeVarint(isCompressed ? 1 : 0)
        writer.writeText(text)
        guard revision.has(.parameters) else { return }
        for parameter in parameters {
            writer.writeText(parameter.name)
            writer.writeVarint(SettingsWire.custom)
            writer.writeText(parameter.quotedText)
        }
        writer.writeText("")
    }
}

/// A trace that a query belongs to: what W3C's `traceparent` and `tracestate` say.
public struct TraceParent: Sendable, Hashable {
    /// The trace's id, 16 bytes.
    public var traceID: UInt128
    /// The id of the span that the query runs in.
    public var spanID: UInt64
    /// `tracestate`.
    public var state: String
    /// The flags; bit 0 is "sampled".
    public var flags: UInt8

    /// Makes one.
    public init(traceID: UInt128, spanID: UInt64, state: String = "", flags: UInt8 = 1) {
        self.traceID = traceID
        self.spanID = spanID
        self.state = state
        self.flags = flags
    }
}

/// Who asks, as the server's query log shows it. (ClickHouse: `ClientInfo::write` in src/Interpreters/ClientInfo.cpp.)
public struct ClientDescription: Sendable, Hashable {
    /// What the program calls itself.
    public var name = "clickhouse-client"
    /// The user of the operating system.
    public var systemUser = ""
    /// The host.
    public var host = ""
    /// The version.
    public var versionMajor: UInt64 = 1
    /// The version.
    public var versionMinor: UInt64 = 0
    /// The version.
    public var versionPatch: UInt64 = 0
    /// What the user's quota counts by.
    public var quotaKey = ""

    /// Makes the default one.
    public init() {}

    func encode(into writer: inout ByteWriter, queryID: String, trace: TraceParent?, revision: Revision) {
        writer.writeByte(1)  // the query comes from a user, not from another server
        writer.writeText("")  // initial user
        writer.writeText(queryID)
        writer.writeText("0.0.0.0:0")  // initial address
        if revision.has(.initialQueryStartTime) { writer.writeLittleEndian(Int64(0)) }
        writer.writeByte(1)  // over TCP
        writer.writeText(systemUser)
        writer.writeText(host)
        writer.writeText(name)
        writer.writeVarint(versionMajor)
        writer.writeVarint(versionMinor)
        writer.writeVarint(revision.rawValue)
        writer.writeText(quotaKey)
        if revision.has(.distributedDepth) { writer.writeVarint(0) }
        writer.writeVarint(versionPatch)
        if revision.has(.traceContext) {
            writer.writeByte(trace == nil ? 0 : 1)
            if let trace {
                writer.writeLittleEndian(UInt64(truncatingIfNeeded: trace.traceID >> 64))
                writer.writeLittleEndian(UInt64(truncatingIfNeeded: trace.traceID))
                writer.writeLittleEndian(trace.spanID)
                writer.writeText(trace.state)
                writer.writeByte(trace.flags)
            }
        }
        if revision.has(.parallelReplicas) {
            writer.writeVarint(0)
            writer.writeVarint(0)
            writer.writeVarint(0)
        }
        if revision.has(.scriptPosition) {
            writer.writeVarint(0)
            writer.writeVarint(0)
        }
        if revision.has(.interserverToken) { writer.writeByte(0) }
        if revision.has(.clientAgent) { writer.writeText("") }
        if revision.has(.internalQueryFlag) { writer.writeByte(0) }
        if revision.has(.currentRoles) { writer.writeByte(0) }
    }
}
