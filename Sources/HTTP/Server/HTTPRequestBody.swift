public import Bytes
import Transport

/// A request's body. What the handler does not read is passed over, so that the next request can follow.
public struct HTTPRequestBody {
    let source: BodySource?

    /// Whether there is none.
    public var isEmpty: Bool { source == nil }

    /// The length that the client gave; nil where the body comes in chunks.
    public var length: Int? {
        guard let source else { return 0 }
        if case .length(let length) = source.framing { return length }
        return nil
    }

    /// The next piece, or nil behind the last one. While the handler does not ask, the client waits.
    ///
    /// - Throws: `HTTPError`: 400 for chunks that are none, 408 where the client is too slow, `.closed` where it is gone.
    public func next() async throws -> ByteSlice? {
        guard let source else { return nil }
        return try await source.next()
    }

    /// Counts bytes that the handler makes of the body to the loop's memory for bodies, until the request is answered.
    ///
    /// - Throws: `HTTPError` 503 where that is used up.
    public func charge(_ bytes: Int) throws(HTTPError) {
        guard let source else { return }
        try source.chargeCollected(source.charged + bytes)
    }

    /// The whole body in one piece; no memory is taken for what was not received.
    ///
    /// - Parameter limit: How many bytes there may be; the server's limit where none is given.
    /// - Throws: `HTTPError`: 413 past the limit, 400 for chunks that are none, 408 where the client is too slow,
    ///   `.closed` where it is gone.
    public func collect(upTo limit: Int? = nil) async throws -> ByteSlice {
        guard let source else { return .empty }
        return try await source.collect(upTo: limit)
    }
}

/// Where a body comes from; lives as long as its request is being answered.
final class BodySource {
    let framing: HTTPFraming
    private var decoder: HTTPBodyDecoder
    private let connection: HTTPConnection
    private var awaitsContinue: Bool
    private var isAbandoned = false
    /// What it counts for in the loop's memory for bodies.
    fileprivate private(set) var charged = 0

    /// What went wrong: where the request ends is unknown then.
    private(set) var failure: HTTPError?

    init(_ head: HTTPRequestHead, _ connection: HTTPConnection) {
        framing = head.framing
        decoder = HTTPBodyDecoder(head.framing, limits: connection.context.configuration.limits)
        awaitsContinue = head.expectation == .continue
        self.connection = connection
    }

    var isDone: Bool { decoder.isDone }

    /// Whether the rest may be passed over: the client does send it, and it is no larger than the limit, as far as is
    /// known. A client that was not told to go on may send its body or not, so nothing that follows can be told apart.
    func canPassOver(upTo limit: Int) -> Bool {
        guard failure == nil else { return false }
        if isDone { return true }
        return !(awaitsContinue && connection.buffer.isEmpty) && decoder.wanted <= limit
    }

    /// The request was answered: whoever kept its body gets no more of it.
    func abandon() {
        isAbandoned = true
        charge(0)
    }

    private func charge(_ bytes: Int) {
        connection.context.bodyBytes += bytes - charged
        charged = bytes
    }

    /// Counts what was collected so far.
    ///
    /// - Throws: `HTTPError` 503 where the loop's memory for bodies is used up.
    fileprivate func chargeCollected(_ bytes: Int) throws(HTTPError) {
        charge(bytes)
        guard connection.context.bodyBytes <= connection.context.configuration.bodyMemory else {
            throw HTTPError(
                .serviceUnavailable, "too many large requests at once: try again",
                headers: [HTTPHeader("retry-after", "1")])
        }
    }

    func next() async throws -> ByteSlice? {
        guard !isAbandoned else { throw HTTPError(.closed, "the request was answered already") }
        connection.context.refresh()
        return try await next(room: 1, until: connection.context.deadlines.body)
    }

    private func next(room: Int, until deadline: Deadline) async throws -> ByteSlice? {
        while true {
            do throws(HTTPError) {
                switch try decoder.next(connection.buffer) {
                case .bytes(let bytes): return bytes
                case .end: return nil
                case .partial: break
                }
            } catch {
                failure = error
                throw error
            }
            try await receive(room, until: deadline)
        }
    }

    func collect(upTo wanted: Int?) async throws -> ByteSlice {
        guard !isAbandoned else { throw HTTPError(.closed, "the request was answered already") }
        let limit = wanted ?? connection.context.configuration.limits.body
        connection.context.refresh()
        let deadline = connection.context.deadlines.body
        guard decoder.wanted <= limit else { throw tooLarge(limit) }
        if case .length = framing {
            // In one piece in the buffer, which grows with what comes, not with what was announced.
            let length = decoder.wanted
            while connection.buffer.count < length {
                let missing = length - connection.buffer.count
                try await receive(min(missing, max(connection.buffer.count, 16_384)), until: deadline)
                try chargeCollected(connection.buffer.count)
            }
            return try await next(room: 1, until: deadline) ?? .empty
        }
        guard let first = try await next(room: 4_096, until: deadline) else { return .empty }
        guard first.count <= limit else { throw tooLarge(limit) }
        guard let second = try await next(room: 4_096, until: deadline) else { return first }
        var whole = ByteWriter(capacity: first.count + second.count)
        whole.write(first)
        var piece: ByteSlice? = second
        while let bytes = piece {
            guard whole.count + bytes.count <= limit else { throw tooLarge(limit) }
            whole.write(bytes)
            try chargeCollected(whole.count)
            piece = try await next(room: 4_096, until: deadline)
        }
        return whole.finish()
    }

    private func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "the body is larger than \(limit) bytes")
    }

    private func receive(_ room: Int, until deadline: Deadline) async throws {
        if awaitsContinue {
            awaitsContinue = false
            if connection.buffer.isEmpty { connection.output.write(literal: "HTTP/1.1 100 Continue\r\n\r\n") }
        }
        do {
            try await connection.flush()
            let count = try await connection.stream.read(
                into: connection.buffer, atLeast: max(room, 1_024), deadline: deadline)
            guard count > 0 else { throw HTTPError(.closed, "the client ended in the middle of its request") }
        } catch let error as TransportError {
            let refusal =
                error.code == .deadline
                ? HTTPError(.requestTimeout, "the body took too long")
                : HTTPError(.closed, "the client's connection failed: \(error)")
            failure = refusal
            throw refusal
        } catch let error as HTTPError {
            failure = error
            throw error
        }
    }

    /// Passes over what was not read, up to the limit; whether the body's end was reached.
    func passOver(upTo limit: Int) async -> Bool {
        var passed = 0
        connection.context.refresh()
        let deadline = connection.context.deadlines.body
        awaitsContinue = false
        do {
            while let piece = try await next(room: 16_384, until: deadline) {
                passed += piece.count
                if passed > limit { return false }
            }
            return true
        } catch {
            // Whatever went wrong, the connection is of no more use.
            return false
        }
    }
}
