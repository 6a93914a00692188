public import Bytes

/// Reads the server's packets from bytes that come piece by piece. It knows no socket: whoever has one fills the buffer
/// and asks for the next packet.
public struct ServerPacketDecoder: ~Copyable {
    /// What asking for a packet came to.
    public enum Reading: Sendable {
        /// A packet.
        case packet(ServerPacket)
        /// So many bytes more are needed, at the least, before it pays to ask again.
        case needs(Int)
    }

    private enum BlockKind { case data, totals, extremes, log, profileEvents }

    private enum State {
        case kind
        case block(BlockKind, BlockDecoder, isCompressed: Bool)
        case compressedColumns
    }

    private let limits: Limits
    private var state = State.kind
    private var offered: Revision
    private var dechunker: Dechunker?
    /// What frames held and no block has taken yet.
    private let unpacked = ReceiveBuffer(capacity: 0)
    private let frames = FrameDecompressor()

    /// What both sides speak: the offered revision until the hello tells the server's.
    public private(set) var revision: Revision

    /// Whether the blocks that come are compressed, as the query asked for.
    public var isCompressed = false

    /// Makes a decoder of what follows a hello with the revision.
    public init(offered: Revision, limits: Limits = Limits()) {
        self.offered = offered
        revision = offered
        self.limits = limits
    }

    /// From now on packets come in chunks.
    public mutating func beginChunks() { dechunker = Dechunker() }

    /// Whether all packets so far were read to their ends.
    public var isBetweenPackets: Bool {
        if case .kind = state { return dechunker?.isBetweenPackets ?? true }
        return false
    }

    /// Reads the next packet from what waits in `buffer`, as far as it has come; what was read is consumed.
    ///
    /// - Throws: `ClickHouseProtocolError`; the connection is of no more use then.
    public mutating func next(from buffer: ReceiveBuffer) throws(ClickHouseProtocolError) -> Reading {
        if dechunker == nil { return try nextPlain(from: buffer) }
        while true {
            try dechunker?.read(from: buffer)
            guard let source = dechunker?.plain else { return .needs(1) }
            let reading = try nextPlain(from: source)
            if case .packet = reading { return reading }
            guard !buffer.isEmpty else { return .needs(1) }
        }
    }

    private mutating func nextPlain(from buffer: ReceiveBuffer) throws(ClickHouseProtocolError) -> Reading {
        while true {
            switch state {
            case .kind:
                guard let packet = try readKind(buffer) else {
                    if case .kind = state { return .needs(1) }
                    continue
                }
                return .packet(packet)
            case .block(let kind, let decoder, let isCompressed):
                if isCompressed {
                    if let block = try read(decoder, from: unpacked) {
                        guard unpacked.isEmpty else {
                            throw ClickHouseProtocolError(.malformed, "bytes behind a block's end in its frame")
                        }
                        unpacked.shrink(to: Self.keptCapacity)
                        state = .kind
                        return .packet(Self.packet(kind, block))
                    }
                    let reading = try frames.read(from: buffer, into: unpacked, limits: limits)
                    if case .needs(let count) = reading { return .needs(count) }
                } else {
                    guard let block = try read(decoder, from: buffer) else { return .needs(1) }
                    state = .kind
                    return .packet(Self.packet(kind, block))
                }
            case .compressedColumns:
                let unpacked = self.unpacked
                let span = unpacked.span
                var reader = ByteReader(span)
                if let packet = try Self.readColumns(&reader, limits: limits) {
                    unpacked.consume(unpacked.count)
                    state = .kind
                    return .packet(packet)
                }
                let reading = try frames.read(from: buffer, into: unpacked, limits: limits)
                if case .needs(let count) = reading { return .needs(count) }
            }
        }
    }

    /// Memory for frames that is kept from one block to the next.
    private static let keptCapacity = 4 << 20

    private func read(_ decoder: BlockDecoder, from buffer: ReceiveBuffer) throws(ClickHouseProtocolError) -> Block? {
        let span = buffer.span
        var reader = ByteReader(span)
        let block = try decoder.read(&reader)
        let position = reader.position
        buffer.consume(position)
        return block
    }

    private static func packet(_ kind: BlockKind, _ block: Block) -> ServerPacket {
        switch kind {
        case .data: .data(block)
        case .totals: .totals(block)
        case .extremes: .extremes(block)
        case .log: .log(block)
        case .profileEvents: .profileEvents(block)
        }
    }

    /// Reads a packet's number and, where the packet is a small one, all of it. Nil where more bytes are needed, or where
    /// the state says now what comes.
    private mutating func readKind(_ buffer: ReceiveBuffer) throws(ClickHouseProtocolError) -> ServerPacket? {
        let span = buffer.span
        var reader = ByteReader(span)
        guard let number = try reader.partialVarint("a packet's number") else { return nil }
        guard let kind = ServerPacket.Kind(rawValue: number) else {
            throw ClickHouseProtocolError(.unexpectedPacket, "the server sent the unknown packet \(number)")
        }
        let packet: ServerPacket?
        switch kind {
        case .hello:
            guard let hello = try ServerHello.read(&reader, offered: offered, limits: limits) else { return nil }
            revision = min(offered, hello.revision)
            packet = .hello(hello)
        case .data, .totals, .extremes, .log, .profileEvents:
            guard try reader.partialText("a table's name", limit: limits.textBytes) != nil else { return nil }
            let decoder = BlockDecoder(revision: revision, limits: limits)
            let compressesEvents = isCompressed && revision.has(.compressedEvents)
            switch kind {
            case .data: state = .block(.data, decoder, isCompressed: isCompressed)
            case .totals: state = .block(.totals, decoder, isCompressed: isCompressed)
            case .extremes: state = .block(.extremes, decoder, isCompressed: isCompressed)
            case .log: state = .block(.log, decoder, isCompressed: compressesEvents)
            default: state = .block(.profileEvents, decoder, isCompressed: compressesEvents)
            }
            packet = nil
        case .exception:
            guard let exception = try ServerException.read(&reader, limits: limits) else { return nil }
            packet = .exception(exception)
        case .progress:
            guard let progress = try Progress.read(&reader, revision: revision) else { return nil }
            packet = .progress(progress)
        case .pong: packet = .pong
        case .endOfStream: packet = .endOfStream
        case .profileInfo:
            guard let info = try ProfileInfo.read(&reader, revision: revision) else { return nil }
            packet = .profileInfo(info)
        case .tableColumns:
            if isCompressed, revision.has(.compressedEvents) {
                state = .compressedColumns
                packet = nil
            } else {
                guard let columns = try Self.readColumns(&reader, limits: limits) else { return nil }
                packet = columns
            }
        case .partUUIDs:
            guard let ids = try Self.readUUIDs(&reader, limits: limits) else { return nil }
            packet = .partUUIDs(ids)
        case .timeZone:
            guard let zone = try reader.partialText("a time zone", limit: limits.textBytes) else { return nil }
            packet = .timeZone(zone)
        case .tablesStatus, .readTaskRequest, .mergeTreeAllRanges, .mergeTreeReadTask, .sshChallenge:
            throw ClickHouseProtocolError(
                .unexpectedPacket, "the server sent packet \(number) (\(kind)), which is none for a client")
        }
        let position = reader.position
        buffer.consume(position)
        return packet
    }

    private static func readColumns(
        _ reader: inout ByteReader, limits: Limits
    ) throws(ClickHouseProtocolError) -> ServerPacket? {
        guard let table = try reader.partialText("a table's name", limit: limits.textBytes),
            let description = try reader.partialText("the table's columns", limit: limits.textBytes)
        else { return nil }
        return .tableColumns(table: table, description: description)
    }

    private static func readUUIDs(
        _ reader: inout ByteReader, limits: Limits
    ) throws(ClickHouseProtocolError) -> [ClickHouseUUID]? {
        guard let count = try reader.partialCount("part ids", limit: limits.rows), reader.remaining / 16 >= count else {
            return nil
        }
        do {
            return try reader.readArray(of: ClickHouseUUID.self, count: count)
        } catch {
            throw ClickHouseProtocolError(error)
        }
    }
}
