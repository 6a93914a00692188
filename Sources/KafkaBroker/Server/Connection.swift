import Bytes
import Telemetry
import Transport

/// One client's connection: requests in, answers out in their order, nothing read while answers wait to be taken.
///
/// It lives on its own loop and goes to the broker's for each request, which costs nothing where both are the same.
struct Connection {
    /// Below this a request is small change; above it, it waits for its share of the memory for requests.
    private static let smallRequest = 64 << 10
    /// The largest request that brings no records: their names and numbers take a multiple of it once they are read.
    private static let largestOther = 2 << 20
    /// How many produce requests that came together are begun together.
    private static let together = 16
    /// The smallest request: key, version, correlation id, a client id's length.
    private static let smallest = 8

    let stream: ByteStream
    let core: BrokerCore
    let configuration: BrokerConfiguration
    private let buffer = ReceiveBuffer(capacity: 16 << 10)
    private let peer: Peer

    init(stream: ByteStream, core: BrokerCore) {
        self.stream = stream
        self.core = core
        configuration = core.configuration
        peer = Peer(host: "/\(stream.peerAddress?.host ?? "")")
    }

    /// Serves the client until either side ends.
    func serve() async {
        do {
            while let first = try await nextRequest() {
                let answers = try await answer(first)
                for answer in answers {
                    guard try await send(answer) else { return }
                }
            }
        } catch let error as TransportError {
            log.debug("connection ended", metadata: ["peer": peer.host, "error": error.description])
        } catch {
            log.warning("connection closed", metadata: ["peer": peer.host, "error": "\(error)"])
        }
    }

    /// Has a request answered, with those that produce and are there already behind it.
    private func answer(_ request: consuming Request) async throws -> [Answer] {
        let (kind, reservation) = (request.kind, request.reservation)
        // Held until the batches were written, and copied into the log's tail; what waits goes over to another budget.
        defer { withExtendedLifetime(reservation) {} }
        var frames = [request.frame]
        if kind == .produce {
            while frames.count < Self.together, let next = bufferedProduce() { frames.append(next) }
        }
        guard kind == .waiting else {
            return try await core.loop.run { [frames] in
                await core.answer(frames, from: peer, reservation: reservation)
            }
        }
        // Whoever has gone is not waited for: what it asked for may take minutes. Not a child task: only a task's own
        // handle can be cancelled alone. It is awaited below.
        let work = Task(executorPreference: core.loop) { [core, peer, frames] in
            await core.answer(frames, from: peer, reservation: reservation)
        }
        stream.whenPeerCloses { work.cancel() }
        defer { stream.whenPeerCloses(nil) }
        return await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
    }

    private var log: Logger { core.logger }

    // MARK: Requests

    private struct Refused: Error, CustomStringConvertible { let description: String }

    /// The length of the frame at the buffer's front, once it is there.
    private func frameLength() throws -> Int? {
        guard buffer.count >= 4 else { return nil }
        var reader = ByteReader(buffer.span)
        let length: Int32 = try reader.readBigEndian()
        guard length >= Self.smallest, length <= configuration.maxRequestBytes else {
            throw Refused(
                description:
                    "a request of \(length) bytes; \(Self.smallest) to \(configuration.maxRequestBytes) are taken")
        }
        return Int(length)
    }

    /// The next whole request; nil where the client has ended the connection between two.
    private func nextRequest() async throws -> Request? {
        while buffer.count < 4 {
            let deadline: Deadline = .after(buffer.isEmpty ? configuration.idleTimeout : configuration.requestTimeout)
            if buffer.isEmpty { buffer.shrink(to: 64 << 10) }
            guard try await stream.read(into: buffer, atLeast: 4, deadline: deadline) > 0 else {
                guard buffer.isEmpty else { throw Refused(description: "the connection ended within a request") }
                return nil
            }
        }
        guard let length = try frameLength() else { return nil }
        let deadline = Deadline.after(configuration.requestTimeout)
        // To say how much will come costs a client nothing, so memory is set aside only once the beginning has come.
        try await receive(4 + min(length, Self.smallRequest), until: deadline)
        let kind = Request.Kind(buffer.slice(4..<6))
        guard length > Self.smallRequest else { return take(length, kind, nil) }
        guard kind == .produce || length <= Self.largestOther else {
            throw Refused(description: "a request of \(length) bytes that brings no records")
        }
        let reservation = try await core.loop.run { try await core.requestBudget.reserve(length, deadline: deadline) }
        try await receive(4 + length, until: deadline, patience: configuration.stallTimeout)
        return take(length, kind, reservation)
    }

    /// Reads until so many bytes are in the buffer.
    private func receive(_ count: Int, until deadline: Deadline, patience: Duration? = nil) async throws {
        while buffer.count < count {
            let next = patience.map { min(.after($0), deadline) } ?? deadline
            guard try await stream.read(into: buffer, atLeast: count - buffer.count, deadline: next) > 0 else {
                throw Refused(description: "the connection ended within a request")
            }
        }
    }

    private func take(_ length: Int, _ kind: Request.Kind, _ reservation: Reservation?) -> Request {
        buffer.consume(4)
        return Request(frame: buffer.takeSlice(length), kind: kind, reservation: reservation)
    }

    /// A small produce request that is there already, whole. What is none is found out when its turn comes.
    private func bufferedProduce() -> ByteSlice? {
        guard let length = try? frameLength(), length <= Self.smallRequest, buffer.count >= 4 + length,
            Request.Kind(buffer.slice(4..<6)) == .produce
        else { return nil }
        buffer.consume(4)
        return buffer.takeSlice(length)
    }

    // MARK: Answers

    /// Sends an answer; false where the connection is to end.
    private func send(_ answer: Answer) async throws -> Bool {
        switch answer {
        case .nothing: return true
        case .close(let reason):
            log.warning("connection closed", metadata: ["peer": peer.host, "error": reason])
            return false
        case .response(let pieces, let held):
            // Who takes less than 64 kB a second holds memory for too long.
            let size = pieces.reduce(0) { $0 + $1.count }
            let patience = configuration.requestTimeout + .milliseconds(size / 64)
            defer { withExtendedLifetime(held) {} }
            try await stream.write(pieces, deadline: .after(patience))
            return true
        }
    }
}

/// A whole request, with its share of the memory for requests: that is given back when the request ends, whatever ends it.
private struct Request: ~Copyable {
    enum Kind {
        case produce
        /// It may be answered much later: Fetch, JoinGroup, SyncGroup.
        case waiting
        case other

        /// - Parameter key: The two bytes of the API's key.
        init(_ key: ByteSlice) {
            switch (key[0], key[1]) {
            case (0, 0): self = .produce
            case (0, 1), (0, 11), (0, 14): self = .waiting
            default: self = .other
            }
        }
    }

    let frame: ByteSlice
    let kind: Kind
    let reservation: Reservation?
}
