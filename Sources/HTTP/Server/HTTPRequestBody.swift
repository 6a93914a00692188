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

    /// The whole body in one piece; no memory is taken for what was not received. A large one is not read before there
    /// is room for it among the others.
    ///
    /// - Parameters:
    ///   - limit: How many bytes there may be; the server's limit where none is given.
    ///   - growth: How many bytes the handler may make of so many, while the request is answered: there is room for
    ///     those too, then. See `keep(_:)`.
    /// - Throws: `HTTPError`: 413 past the limit, 400 for chunks that are none, 408 where the client is too slow, 503
    ///   where large bodies are too many, `.closed` where the client is gone.
    public func collect(
        upTo limit: Int? = nil, growth: (_ length: Int) -> Int = { _ in 0 }
    ) async throws -> ByteSlice {
        guard let source else { return .empty }
        return try await source.collect(upTo: limit, growth)
    }

    /// No more than so many bytes are kept until the request is answered: what else `collect` has taken is others'.
    public func keep(_ bytes: Int) { source?.keep(bytes) }
}

/// Where a body comes from; lives as long as its request is being answered.
final class BodySource {
    let framing: HTTPFraming
    private var decoder: HTTPBodyDecoder
    private let connection: HTTPConnection
    private var awaitsContinue: Bool
    private var isAbandoned = false
    /// What it counts for among the loop's small bodies.
    private var charged = 0
    /// What it has of the loop's memory for large bodies.
    private var reserved = 0

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
        keep(0)
    }

    private func charge(_ bytes: Int) {
        connection.context.bodyBytes += bytes - charged
        charged = bytes
    }

    /// Counts what was collected so far, where it is a small body's.
    ///
    /// - Throws: `HTTPError` 503 where the loop's memory for small bodies is used up.
    private func chargeCollected(_ bytes: Int) throws(HTTPError) {
        guard reserved == 0 else { return }
        charge(bytes)
        guard connection.context.bodyBytes <= connection.context.configuration.bodyMemory else {
            throw HTTPError(
                .serviceUnavailable, "too many requests with bodies at once: try again",
                headers: [HTTPHeader("retry-after", "1")])
        }
    }

    /// Takes memory for a large body, and for what is made of it, before more of it is read. Once: whoever has a part
    /// does not wait for another.
    private func reserve(_ bytes: Int) async throws {
        guard reserved == 0, bytes > connection.context.configuration.smallBody else { return }
        connection.context.refresh()
        try await connection.context.largeBodies.take(bytes, until: connection.context.deadlines.bodyWait)
        reserved = bytes
        charge(0)
    }

    func keep(_ bytes: Int) {
        guard bytes < reserved else { return }
        connection.context.largeBodies.giveBack(reserved - bytes)
        reserved = bytes
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

    func collect(upTo wanted: Int?, _ growth: (Int) -> Int) async throws -> ByteSlice {
        guard !isAbandoned else { throw HTTPError(.closed, "the request was answered already") }
        let limit = wanted ?? connection.context.configuration.limits.body
        guard decoder.wanted <= limit else { throw tooLarge(limit) }
        if case .length = framing {
            // In one piece in the buffer, which grows with what comes, not with what was announced.
            let length = decoder.wanted
            try await reserve(max(0, length - connection.buffer.count) + growth(length))
            connection.context.refresh()
            let deadline = connection.context.deadlines.body
            while connection.buffer.count < length {
                let missing = length - connection.buffer.count
                try await receive(min(missing, max(connection.buffer.count, 16_384)), until: deadline)
                try chargeCollected(connection.buffer.count)
            }
            return try await next(room: 1, until: deadline) ?? .empty
        }
        connection.context.refresh()
        var deadline = connection.context.deadlines.body
        guard let first = try await next(room: 4_096, until: deadline) else { return .empty }
        guard first.count <= limit else { throw tooLarge(limit) }
        guard let second = try await next(room: 4_096, until: deadline) else { return try await alone(first, growth) }
        var whole = ByteWriter(capacity: first.count + second.count)
        whole.write(first)
        var piece: ByteSlice? = second
        while let bytes = piece {
            guard whole.count + bytes.count <= limit else { throw tooLarge(limit) }
            whole.write(bytes)
            try chargeCollected(whole.count)
            if reserved == 0, whole.count > connection.context.configuration.smallBody {
                // How many are to come, nobody knows. The wait is not the client's time.
                try await reserve(limit + growth(limit))
                connection.context.refresh()
                deadline = connection.context.deadlines.body
            }
            piece = try await next(room: 4_096, until: deadline)
        }
        let bytes = whole.finish()
        return try await alone(bytes, growth)
    }

    /// A body of chunks that was small until its end, of which the handler may make more.
    private func alone(_ bytes: ByteSlice, _ growth: (Int) -> Int) async throws -> ByteSlice {
        let growth = growth(bytes.count)
        if growth > 0 { try await reserve(bytes.count + growth) }
        return bytes
    }

    private func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "the body is larger than \(limit) bytes")
    }

    private func receive(_ room: Int, until deadline: Deadline) async throws {
        if awaitsContinue {
            awaitsContinue = false
            if connection.buffer.isEmpty { connection.output.write(literal: "HTTP/1.1 100 Continue\r\n\r\n") }
        }
        // Where others may wait for what this one has, it must come.
        let silence =
            reserved > 0 ? Deadline.after(connection.context.configuration.largeBodySilence) : Deadline.never
        do {
            try await connection.flush()
            let count = try await connection.stream.read(
                into: connection.buffer, atLeast: max(room, 1_024), deadline: min(deadline, silence))
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
