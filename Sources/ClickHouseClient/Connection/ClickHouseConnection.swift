import Bytes
public import ClickHouseProtocol
public import Transport

/// One connection to a server, on one event loop, for one query at a time.
///
/// It belongs to the closure that it was given to, on whatever actor that is; what it does it does on its loop.
public final class ClickHouseConnection {
    /// The server.
    public let endpoint: Endpoint
    /// What the server said of itself.
    public let server: ServerHello
    /// The revision of the protocol that both sides speak.
    public let revision: Revision

    let configuration: ClickHouseConfiguration
    let stream: ByteStream
    /// Something is on its way that nobody waits for any more, or the bytes make no sense: it must be closed.
    private(set) var isBroken = false
    private(set) var isInQuery = false
    private var isSessionChanged = false
    private var queryID = ""
    private var wasToldToStop = false
    private let buffer: ReceiveBuffer
    private var decoder: ServerPacketDecoder
    private let sendsChunked: Bool
    private let compressor: FrameCompressor?
    private let ownSettings: OwnSettings
    private var silence = Silence(asked: .now)

    init(
        stream: ByteStream, server: ServerHello, decoder: consuming ServerPacketDecoder, buffer: ReceiveBuffer,
        sendsChunked: Bool, configuration: ClickHouseConfiguration
    ) {
        self.stream = stream
        endpoint = stream.endpoint
        self.server = server
        revision = decoder.revision
        self.decoder = decoder
        self.buffer = buffer
        self.sendsChunked = sendsChunked
        self.configuration = configuration
        compressor = configuration.compression.method.map { FrameCompressor($0) }
        ownSettings = OwnSettings(configuration.compression, server: server, revision: revision)
    }

    /// The loop that all of it happens on.
    var loop: EventLoop { stream.loop }

    /// Whether another query may be sent.
    var isUsable: Bool { !isBroken && !isInQuery && !stream.isClosed && !stream.peerHasClosed }

    /// Whether somebody else may have it, who knows nothing of what was asked over it before.
    var isForAnybody: Bool { isUsable && !isSessionChanged }

    /// Whether nothing is left of the queries before, and the server is still there, as far as has come to this side at
    /// this very moment: what another query would take for its own answer must not be there.
    func isAtRest() -> Bool {
        guard isUsable else { return false }
        do {
            // An end of the server's side gives 0 bytes.
            if try stream.readArrived(into: buffer) == 0 { return false }
            while case .packet(let packet) = try decoder.next(from: buffer) {
                // Of the query before; it may come late.
                guard case .progress = packet else { return false }
            }
            return decoder.isBetweenPackets && buffer.isEmpty
        } catch {
            return false  // What came makes no sense, or the connection is lost: it is of no use, for whatever reason.
        }
    }

    /// The id of a query that was told to stop, and had not when the connection was closed.
    var unendedQuery: String? { isBroken && isInQuery && wasToldToStop ? queryID : nil }

    func close() {
        isBroken = true
        stream.close()
    }

    // MARK: Packets

    /// Waits for the next packet.
    func nextPacket(until deadline: Deadline) async throws(ClickHouseError) -> ServerPacket {
        do throws(ClickHouseError) {
            while true {
                switch try read() {
                case .packet(let packet):
                    switch packet {
                    case .endOfStream, .exception, .pong: isInQuery = false
                    default: break
                    }
                    return packet
                case .needs(let count):
                    try await receive(count, until: deadline)
                }
            }
        } catch {
            if error.code == .deadline || error.code == .cancelled { await sendCancel() }
            close()
            guard error.code == .deadline else { throw error }
            var late = error
            late.message = silence.description(at: .now)
            throw late
        }
    }

    private func read() throws(ClickHouseError) -> ServerPacketDecoder.Reading {
        do {
            return try decoder.next(from: buffer)
        } catch {
            throw ClickHouseError(error)
        }
    }

    /// The room that a read gets at the least: large results come in few calls.
    private static let room = 128 << 10

    private func receive(_ count: Int, until deadline: Deadline) async throws(ClickHouseError) {
        do throws(TransportError) {
            let room = max(min(count, 4 << 20), Self.room)
            silence.wait(at: .now)
            guard try await stream.read(into: buffer, atLeast: room, deadline: deadline) > 0 else {
                throw TransportError(.reset, "the server closed the connection", endpoint: endpoint)
            }
            silence.hear(at: .now)
        } catch {
            throw ClickHouseError(error)
        }
    }

    /// A packet that has come already; nil where none has.
    func arrivedPacket() async throws(ClickHouseError) -> ServerPacket? {
        while true {
            if case .packet(let packet) = try read() { return packet }
            do throws(ClickHouseError) {
                try await receive(1, until: .now)
            } catch {
                if error.code == .deadline { return nil }
                throw error
            }
        }
    }

    /// Writes a request's bytes, and listens meanwhile: a server that gives up in the middle says so, and may read no more.
    ///
    /// - Parameter take: takes what comes meanwhile.
    private func send(
        _ writer: consuming ByteWriter, until deadline: Deadline,
        hearing take: (ServerPacket) throws(ClickHouseError) -> Void
    ) async throws(ClickHouseError) {
        let count: Int
        do {
            count = try stream.writeNow(writer)
        } catch {
            throw await writeFailure(error)
        }
        let bytes = writer.finish()
        let rest = bytes.slice(count..<bytes.count)
        guard !rest.isEmpty else { return }
        do throws(ClickHouseError) {
            try await write(rest, until: deadline, hearing: take)
        } catch {
            if error.code == .deadline || error.code == .cancelled { await sendCancel() }
            close()
            throw error
        }
    }

    /// What happens while a request is written.
    private enum Event: Sendable {
        case wrote(TransportError?)
        case heard(ByteSlice)
        case deaf(TransportError)
    }

    private func write(
        _ bytes: ByteSlice, until deadline: Deadline, hearing take: (ServerPacket) throws(ClickHouseError) -> Void
    ) async throws(ClickHouseError) {
        let stream = stream
        let failure: ClickHouseError? = await withTaskGroup(of: Event.self) { group in
            group.addTask(executorPreference: stream.loop) {
                do throws(TransportError) {
                    try await stream.write(bytes, deadline: deadline)
                    return .wrote(nil)
                } catch {
                    return .wrote(error)
                }
            }
            group.addTask(executorPreference: stream.loop) { await Self.listen(stream) }
            var failure: ClickHouseError?
            var lost: TransportError?
            var isWritten = false
            while let event = await group.next() {
                switch event {
                case .wrote(let error):
                    isWritten = true
                    lost = error
                case .heard(let bytes):
                    buffer.append(bytes.span)
                    guard failure == nil else { break }
                    do throws(ClickHouseError) {
                        while case .packet(let packet) = try read() { try take(packet) }
                    } catch {
                        failure = error
                    }
                    if !isWritten, failure == nil {
                        group.addTask(executorPreference: stream.loop) { await Self.listen(stream) }
                    }
                case .deaf(let error):
                    // Cancelled where the writing is done; otherwise nobody will read what is written.
                    if !isWritten, failure == nil { failure = ClickHouseError(error) }
                }
                if isWritten || failure != nil { group.cancelAll() }
            }
            // Only now: nobody else reads any more.
            if let lost, failure == nil { failure = await writeFailure(lost) }
            return failure
        }
        if let failure { throw failure }
    }

    private static func listen(_ stream: ByteStream) async -> Event {
        let heard = ReceiveBuffer(capacity: 4096)
        do throws(TransportError) {
            guard try await stream.read(into: heard) > 0 else {
                return .deaf(TransportError(.reset, "the server closed the connection", endpoint: stream.endpoint))
            }
            return .heard(heard.takeSlice(heard.count))
        } catch {
            return .deaf(error)
        }
    }

    /// Why a write failed: what the server said before it closed the connection is the better reason.
    private func writeFailure(_ error: TransportError) async -> ClickHouseError {
        let failure = ClickHouseError(error)
        defer { close() }
        guard failure.code == .connectionLost else { return failure }
        // Packets that were on their way; where they make no sense the first failure is the one to tell.
        while let packet = try? await arrivedPacket() {
            if case .exception(let exception) = packet { return ClickHouseError(exception) }
        }
        return failure
    }

    /// Tells the server to stop, as far as that is possible at once.
    private func sendCancel() async {
        guard isInQuery, !stream.isClosed else { return }
        wasToldToStop = true
        var writer = ByteWriter(capacity: 16)
        packet(into: &writer) { $0.writeVarint(ClientPacketKind.cancel.rawValue) }
        // Where it cannot be sent the connection's end tells the server the same.
        try? await stream.write(writer.finish(), deadline: .now)
    }

    /// Writes a packet, in a chunk where that was agreed.
    private func packet<Failure: Error>(
        into writer: inout ByteWriter, _ body: (inout ByteWriter) throws(Failure) -> Void
    ) throws(Failure) {
        guard sendsChunked else { return try body(&writer) }
        let start = Chunk.begin(&writer)
        try body(&writer)
        Chunk.end(&writer, from: start)
    }

    // MARK: Requests

    /// Asks the server whether it is there.
    ///
    /// - Throws: `ClickHouseError`; the connection is closed then.
    public func ping(deadline: Deadline = .never) async throws(ClickHouseError) {
        try checkFree()
        try await onLoop(loop) { () async throws(ClickHouseError) in try await self.pingPong(deadline) }
    }

    private func pingPong(_ deadline: Deadline) async throws(ClickHouseError) {
        silence = Silence(asked: .now)
        var writer = ByteWriter(capacity: 16)
        packet(into: &writer) { $0.writeVarint(ClientPacketKind.ping.rawValue) }
        do throws(TransportError) {
            try await stream.write(writer.finish(), deadline: deadline)
        } catch {
            throw await writeFailure(error)
        }
        while true {
            switch try await nextPacket(until: deadline) {
            case .pong: return
            case .progress: continue  // of the query before; it may come late
            case .exception(let exception):
                close()
                throw ClickHouseError(exception)
            default:
                close()
                throw ClickHouseError(.protocolViolation, "the server did not answer a ping with a pong")
            }
        }
    }

    /// Refuses what is asked while a result is being read, or rows are being written: a connection does one thing at a time.
    func checkFree() throws(ClickHouseError) {
        try checkOpen()
        guard !isInQuery else {
            throw ClickHouseError(.connectionInUse, "the connection was asked for something in the middle of a query")
        }
    }

    private func checkOpen() throws(ClickHouseError) {
        guard !isBroken else { throw ClickHouseError(.connectionLost, "the connection was closed", isRetriable: true) }
    }

    /// Sends a query, its external tables, and the block that ends them.
    ///
    /// - Parameter isInsert: whether rows come behind it.
    func start(
        _ query: ClickHouseQuery, id: String, isInsert: Bool = false, result: ClickHouseResult
    ) async throws(ClickHouseError) {
        try checkFree()
        if let fault = query.fault { throw fault }
        let isCompressed = compressor != nil
        var writer = ByteWriter(capacity: 1024 + query.text.utf8.count)
        do throws(ClickHouseProtocolError) {
            var request = QueryPacket(query.text)
            request.id = id
            request.isCompressed = isCompressed
            request.parameters = query.parameters
            request.trace = query.trace
            request.client.name = configuration.clientName
            request.client.quotaKey = configuration.quotaKey
            request.settings =
                (isInsert ? ownSettings.insert : ownSettings.query) + configuration.settings + query.settings
            try packet(into: &writer) { writer throws(ClickHouseProtocolError) in
                try request.encode(into: &writer, revision: revision)
            }
            for table in query.externalTables {
                try encode(table.block, table: table.name, into: &writer)
            }
            try encode(.empty, table: "", into: &writer)
        } catch {
            throw ClickHouseError(error)
        }
        decoder.isCompressed = isCompressed
        isInQuery = true
        (queryID, wasToldToStop) = (id, false)
        if !isInsert, SessionChange.isMade(by: query.text) { isSessionChanged = true }
        silence = Silence(asked: .now)
        result.fate.willSendQuery()
        try await send(writer, until: query.deadline) { packet throws(ClickHouseError) in
            guard try result.take(packet) == nil else {
                throw ClickHouseError(.protocolViolation, "the server sent rows before it had all of the query")
            }
        }
    }

    private func encode(
        _ block: Block, table: String, into writer: inout ByteWriter
    ) throws(ClickHouseProtocolError) {
        try packet(into: &writer) { writer throws(ClickHouseProtocolError) in
            try DataPacket.encode(
                block, table: table, compressor: compressor, revision: revision, into: &writer)
        }
    }

    /// Sends rows of an INSERT, or the empty block that ends them.
    ///
    /// - Parameter willSend: called once nothing but the sending is left.
    func send(
        _ block: Block, until deadline: Deadline, result: ClickHouseResult, willSend: () -> Void = {}
    ) async throws(ClickHouseError) {
        try checkOpen()
        var writer = ByteWriter(capacity: 256)
        do {
            try encode(block, table: "", into: &writer)
        } catch {
            throw ClickHouseError(error)
        }
        willSend()
        try await send(writer, until: deadline) { packet throws(ClickHouseError) in _ = try result.take(packet) }
    }

    /// Ends a query whose result is not wanted to its end: the server is told to stop, and what it has sent is read
    /// away; where that takes long the connection is closed.
    func abandon() async {
        guard isInQuery, !isBroken else { return }
        await sendCancel()
        let deadline = Deadline.after(configuration.drainTimeout)
        do {
            while isInQuery { _ = try await nextPacket(until: deadline) }
        } catch {
            close()
        }
    }
}
