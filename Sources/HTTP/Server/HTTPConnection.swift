import Bytes
import Telemetry
import Transport

/// One client's connection: requests are parsed, answered and written in their order. Responses to requests that came
/// together leave together; nothing more is parsed while the client does not read.
final class HTTPConnection {
    let stream: ByteStream
    let context: LoopContext
    let buffer = ReceiveBuffer(capacity: HTTPConnection.smallRoom)
    var output = ByteWriter(capacity: HTTPConnection.smallOutput)

    /// Whether it waits for a request of which nothing has come yet.
    private(set) var isIdle = true

    private var room = HTTPConnection.smallRoom
    /// How often anything has left: what has not left yet can be taken back.
    private var departures = 0
    private var answeredInARow = 0
    private var isFlushDue = false
    private var isFirst = true

    /// What an idle connection holds: memory is what ten thousand of them cost.
    private static let smallRoom = 2_048
    private static let smallOutput = 512
    private static let keptOutput = 2_048
    private static let largeRoom = 65_536
    /// Bodies up to this size are copied behind their heads, larger ones leave from where they are.
    private static let copyLimit = 16_384
    /// Bodies that leave from where they are go in pieces of this size, each with the write's time for itself.
    private static let pieceLimit = 262_144
    /// So many requests that came together are answered in a row; then the loop's other connections have their turn.
    private static let rowLimit = 32
    /// How much may wait to be written before the client must take some.
    private static let outputLimit = 65_536

    init(_ stream: ByteStream, _ context: LoopContext) {
        self.stream = stream
        self.context = context
    }

    func run() async {
        context.insert(self)
        defer { context.remove(self) }
        do {
            // Closing ends every wait, so that none need watch for cancellation by itself.
            try await withTaskCancellationHandler {
                try await serve()
            } onCancel: { [stream] in
                stream.close()
            }
        } catch {
            // The client is gone, is too slow, or the server stops: there is nobody to tell.
            context.log.debug("connection ended", metadata: [.error: "\(error)"])
        }
    }

    private func serve() async throws {
        var parser = HTTPRequestParser(limits: context.configuration.limits)
        while true {
            let head: HTTPRequestHead
            do {
                guard let next = try await nextHead(&parser) else { return try await flush() }
                head = next
            } catch let error as HTTPError {
                return try await refuse(error)
            }
            guard try await answer(head) else { return }
            if !buffer.isEmpty { await goOn() }
        }
    }

    /// Before the next of several requests that came together.
    private func goOn() async {
        answeredInARow += 1
        if answeredInARow % HTTPConnection.rowLimit == 0 { await Task.yield() }
        // Responses leave together, but not later than the loop's round: the next handler may wait for long.
        guard !output.isEmpty, !isFlushDue else { return }
        isFlushDue = true
        stream.loop.schedule(at: stream.loop.roundStart) { [weak self] in
            guard let self else { return }
            isFlushDue = false
            flushNow()
        }
    }

    // MARK: Requests

    /// The next request's head; nil where none will come.
    private func nextHead(_ parser: inout HTTPRequestParser) async throws -> HTTPRequestHead? {
        var deadline: Deadline?
        while true {
            if let head = try parser.parse(buffer) {
                isIdle = false
                isFirst = false
                return head
            }
            try await flush()
            context.refresh()
            let hasBegun = !buffer.isEmpty || parser.isInside
            if context.isDraining, !hasBegun { return nil }
            if hasBegun {
                deadline = deadline ?? context.deadlines.head
            } else {
                isIdle = true
                if output.capacity > HTTPConnection.keptOutput {
                    output = ByteWriter(capacity: HTTPConnection.smallOutput)
                }
                if room > HTTPConnection.smallRoom {
                    room = HTTPConnection.smallRoom
                    buffer.shrink(to: room)
                }
            }
            let silence = isFirst ? context.deadlines.firstByte : context.deadlines.idle
            do throws(TransportError) {
                let count = try await stream.readUncancelled(
                    into: buffer, atLeast: room / 2, deadline: deadline ?? silence)
                isIdle = false
                if count == 0 { return nil }
                // Whoever fills the buffer gets a larger one.
                if count >= room / 2 { room = min(room * 2, HTTPConnection.largeRoom) }
            } catch {
                guard error.code == .deadline else { throw error }
                guard hasBegun else { return nil }
                throw HTTPError(.requestTimeout, "the request took too long")
            }
        }
    }

    /// Answers a request; whether another one may follow.
    private func answer(_ head: HTTPRequestHead) async throws -> Bool {
        let source = head.framing == .none ? nil : BodySource(head, self)
        let request = HTTPRequest(head: head, body: HTTPRequestBody(source: source), stream: stream)
        let start = context.begin()
        let response = await response(to: request, source)
        source?.abandon()
        context.end(head, source?.failure?.code == .closed ? HTTPExchange.clientGone : response.status, since: start)
        if let failure = source?.failure, failure.code != .refused { return false }

        let limit = context.configuration.unreadBodyLimit
        let canFollow = source?.canPassOver(upTo: limit) ?? true
        let form = HTTPResponseForm(
            version: head.version, isHead: head.method == .head,
            keepsAlive: head.keepsAlive && canFollow && !response.closesConnection && !context.isDraining)
        let keepsAlive = try await send(response, form, to: head)
        guard keepsAlive else {
            // A client that did not ask for the end may be sending its next request.
            try await close(isClean: !head.keepsAlive && source?.isDone ?? true && buffer.isEmpty)
            return false
        }
        guard let source, !source.isDone else { return true }
        try await flush()
        guard await source.passOver(upTo: limit) else {
            try await close(isClean: false)
            return false
        }
        return true
    }

    @inline(__always)
    private func response(to request: HTTPRequest, _ source: BodySource?) async -> HTTPResponse {
        do {
            if request.head.expectation == .other {
                throw HTTPError(.expectationFailed, "of all expectations only 100-continue is known")
            }
            switch try context.responder.answer(to: request) {
            case .now(let response): return response
            case .later(let request, let handler): return try await handler(request)
            }
        } catch {
            return refusal(of: error, request.head, source)
        }
    }

    /// The response for what a handler throws.
    private func refusal(of error: any Error, _ head: HTTPRequestHead, _ source: BodySource?) -> HTTPResponse {
        if let failure = source?.failure, failure.code == .closed {
            // The client went away in the middle of its request, whatever the handler made of that.
            context.log.debug("request ended early", metadata: [.error: "\(failure)"])
            return context.configuration.refusal(HTTPError(.internalServerError, "internal error"))
        }
        var refusal = HTTPError(.internalServerError, "internal error", detail: "\(error)")
        if let error = error as? HTTPError, error.code == .refused { refusal = error }
        var response = context.configuration.refusal(refusal)
        if refusal.status.code >= 500 {
            let id = context.report(.refused(refusal.status), of: head, refusal.reason)
            response.headers.append(HTTPHeader("x-request-id", id))
        }
        return response
    }

    // MARK: Responses

    /// Sends a response; whether the connection may be used on.
    private func send(
        _ plain: HTTPResponse, _ form: HTTPResponseForm, to head: HTTPRequestHead?
    ) async throws -> Bool {
        context.refresh()
        let (response, encoder, length) = encoded(plain, for: head)
        defer { if let encoder { context.giveBack(encoder) } }
        let start = output.count
        let (framing, keepsAlive) = HTTPResponseEncoder.writeHead(
            response, form, common: context.commonHeaders, into: &output)
        switch response.body {
        case .none: break
        case .bytes(let bytes) where bytes.count > HTTPConnection.copyLimit && framing != .none:
            do throws(HTTPError) {
                try chargeResponse(bytes.count)
            } catch {
                return try await replace(from: start, departures: departures, form, head, error)
            }
            defer { context.responseBytes -= bytes.count }
            try await write(bytes)
        case .bytes(let bytes):
            if framing != .none { try await write(bytes) }
        case .stream(_, let write):
            let writer = HTTPResponseWriter(self, framing, length: length, encoder: encoder)
            let before = departures
            do {
                if !form.isHead, !response.status.hasNoBody { try await write(writer) }
                if framing != .none { try await writer.finish() }
            } catch {
                return try await replace(from: start, departures: before, form, head, error)
            }
        }
        if output.count > HTTPConnection.outputLimit { try await flush() }
        return keepsAlive
    }

    /// Counts a large body that may have to wait for its client.
    ///
    /// - Throws: `HTTPError` 503 where too many wait.
    private func chargeResponse(_ bytes: Int) throws(HTTPError) {
        guard context.responseBytes + bytes <= context.configuration.responseMemory else {
            throw HTTPError(
                .serviceUnavailable, "too many large responses wait for slow readers: try again",
                headers: [HTTPHeader("retry-after", "1")])
        }
        context.responseBytes += bytes
    }

    /// The response as it is sent: encoded, where it is long enough and the client takes that, else as it is. Of what is
    /// encoded while it is sent come the encoder, and the length before, where that is known.
    private func encoded(
        _ plain: HTTPResponse, for head: HTTPRequestHead?
    ) -> (response: HTTPResponse, encoder: (any HTTPContentEncoder)?, length: Int?) {
        var known: Int?
        switch plain.body {
        case .none: return (plain, nil, nil)
        case .bytes(let bytes): known = bytes.count
        case .stream(let length, _): known = length
        }
        guard let coding = context.configuration.contentCoding, let head, !plain.status.hasNoBody,
            known ?? .max >= coding.minimum,
            !plain.headers.contains(where: { $0.name.lowercased() == "content-encoding" })
        else { return (plain, nil, known) }
        var response = plain
        response.headers.append(HTTPHeader("vary", "accept-encoding"))
        guard coding.isAccepted(by: head.headers), let encoder = context.borrowEncoder() else {
            return (response, nil, known)
        }
        switch plain.body {
        case .none: break
        case .bytes(let bytes) where bytes.count <= HTTPConnection.outputLimit:
            defer { context.giveBack(encoder) }
            do {
                var writer = ByteWriter(capacity: bytes.count / 2)
                try encoder.encode(bytes.span, then: .end, into: &writer)
                response.body = .bytes(writer.finish())
            } catch {
                context.log.debug("sent as it is", metadata: [.error: "\(error)"])
                return (response, nil, known)
            }
            response.headers.append(HTTPHeader("content-encoding", coding.name))
            return (response, nil, nil)
        case .bytes(let bytes):
            response.body = .stream(length: nil) { writer in
                try self.chargeResponse(bytes.count)
                defer { self.context.responseBytes -= bytes.count }
                try await writer.write(bytes)
            }
        case .stream(_, let write): response.body = .stream(length: nil, write: write)
        }
        response.headers.append(HTTPHeader("content-encoding", coding.name))
        return (response, encoder, known)
    }

    /// A response's body failed in its middle. Where nothing of the response has left, the client learns of it; else
    /// what was promised cannot be taken back, and the connection is cut.
    private func replace(
        from start: Int, departures before: Int, _ form: HTTPResponseForm, _ head: HTTPRequestHead?,
        _ error: any Error
    ) async throws -> Bool {
        // The client has gone, or does not read: its business alone.
        if error is TransportError { throw error }
        guard departures == before, let head else {
            context.report(.cut, of: head, (error as? HTTPError)?.reason ?? "\(error)")
            throw error
        }
        output.truncate(to: start)
        return try await send(refusal(of: error, head, nil), form, to: head)
    }

    /// Puts bytes behind what waits to be written.
    func write(_ bytes: ByteSlice) async throws(TransportError) {
        if bytes.count <= HTTPConnection.copyLimit {
            output.write(bytes)
            if output.count > HTTPConnection.outputLimit { try await flush() }
            return
        }
        departures += 1
        // With what waits before it, where it begins.
        var piece = [output.take(capacity: HTTPConnection.smallOutput)]
        var start = 0
        while start < bytes.count {
            let end = min(start + HTTPConnection.pieceLimit, bytes.count)
            piece.append(bytes.slice(start..<end))
            context.refresh()
            try await stream.write(piece, deadline: context.deadlines.write)
            piece.removeAll(keepingCapacity: true)
            start = end
        }
    }

    /// Sends what waits to be written.
    @inline(__always)
    func flush() async throws(TransportError) {
        guard !output.isEmpty else { return }
        departures += 1
        let sent = try stream.writeNow(output)
        if sent == output.count { return output.removeAll() }
        context.refresh()
        let rest = output.take(capacity: HTTPConnection.smallOutput).suffix(from: sent)
        try await stream.write(rest, deadline: context.deadlines.write)
    }

    /// Sends as much of what waits to be written as leaves at once.
    private func flushNow() {
        guard !output.isEmpty, !stream.hasUnfinishedWrite, !stream.isClosed else { return }
        departures += 1
        // What fails now fails again where it is waited for.
        guard let sent = try? stream.writeNow(output) else { return }
        let rest = output.take(capacity: HTTPConnection.smallOutput).suffix(from: sent)
        output.write(rest)
    }

    // MARK: Ends

    /// Answers what is no request, and closes.
    private func refuse(_ error: HTTPError) async throws {
        context.end(nil, error.status, since: context.begin())
        let form = HTTPResponseForm(version: .http11, isHead: false, keepsAlive: false)
        _ = try await send(context.configuration.refusal(error), form, to: nil)
        try await close(isClean: false)
    }

    /// Sends the rest and closes. A client that still sends would lose the response to a reset, so what it sends is
    /// read on, for a while (RFC 9112, section 9.6).
    private func close(isClean: Bool) async throws {
        try await flush()
        guard !isClean else { return }
        try await stream.shutdownWrite(deadline: context.deadlines.write)
        let deadline = Deadline.after(context.configuration.lingerTimeout)
        buffer.consume(buffer.count)
        // One that sends without end never makes the reading wait, and so never meets the deadline there.
        while !deadline.hasPassed, try await stream.read(into: buffer, atLeast: 16_384, deadline: deadline) > 0 {
            buffer.consume(buffer.count)
        }
    }
}
