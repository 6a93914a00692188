import Bytes
import Telemetry
import Transport

/// One client's connection: requests in, answers out in their order, nothing read while answers wait to be taken.
///
/// It lives on its own loop and goes to the broker's for each request, which costs nothing where both are the same.
struct Connection {
    /// Below this a request is small change; above it, it waits for its share of the memory for requests.
    private static let smallRequest = 64 << 10
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
            while let first = try await nextFrame() {
                var frames = [first.frame]
                var charged = first.charged
                if isProduce(first.frame) {
                    while frames.count < Self.together, let next = try bufferedProduce() { frames.append(next) }
                }
                let answers = try await core.loop.run { [frames] in await core.answer(frames, from: peer) }
                frames = []
                if charged > 0 {
                    // The batches were written, and copied into the log's tail: the request's memory is free.
                    let amount = charged
                    try await core.loop.run { core.requestBudget.give(back: amount) }
                    charged = 0
                }
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
    private func nextFrame() async throws -> (frame: ByteSlice, charged: Int)? {
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
        let charged = length > Self.smallRequest ? length : 0
        if charged > 0 { try await core.loop.run { try await core.requestBudget.take(charged, deadline: deadline) } }
        do {
            while buffer.count < 4 + length {
                let room = 4 + length - buffer.count
                guard try await stream.read(into: buffer, atLeast: room, deadline: deadline) > 0 else {
                    throw Refused(description: "the connection ended within a request")
                }
            }
        } catch {
            if charged > 0 { try await core.loop.run { core.requestBudget.give(back: charged) } }
            throw error
        }
        buffer.consume(4)
        return (buffer.takeSlice(length), charged)
    }

    private func isProduce(_ frame: ByteSlice) -> Bool { frame[0] == 0 && frame[1] == 0 }

    /// A small produce request that is there already, whole.
    private func bufferedProduce() throws -> ByteSlice? {
        guard let length = try frameLength(), length <= Self.smallRequest, buffer.count >= 4 + length,
            isProduce(buffer.slice(4..<6))
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
            do {
                try await stream.write(pieces, deadline: .after(patience))
            } catch {
                if held > 0 { try await core.loop.run { core.fetchBudget.give(back: held) } }
                throw error
            }
            if held > 0 { try await core.loop.run { core.fetchBudget.give(back: held) } }
            return true
        }
    }
}
