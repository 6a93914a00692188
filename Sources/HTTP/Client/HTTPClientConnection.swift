public import Bytes
import Transport

/// A response, whole.
public struct HTTPClientResponse: Sendable {
    /// The status and the headers.
    public let head: HTTPResponseHead

    /// The body.
    public let body: ByteSlice

    /// The status.
    public var status: HTTPStatus { head.status }
}

/// A connection to a server: one request after the other.
final class HTTPClientConnection {
    let stream: ByteStream
    private let configuration: HTTPClientConfiguration
    private let buffer = ReceiveBuffer(capacity: 4_096)
    private var parser: HTTPResponseParser
    private var keepsAlive = true
    private var restsSince = Deadline.never

    /// Whether it had a request before this one.
    private(set) var wasUsed = false

    /// Whether nothing came yet of the response that is awaited.
    private(set) var receivedNothing = true

    init(_ stream: ByteStream, _ configuration: HTTPClientConfiguration) {
        self.stream = stream
        self.configuration = configuration
        parser = HTTPResponseParser(limits: configuration.limits)
    }

    /// Whether another request can be sent: the server has not closed it, said that it will, or sent what nobody asked:
    /// that would be taken for the next answer.
    var isUsable: Bool {
        guard keepsAlive, buffer.isEmpty, !stream.isClosed, !stream.peerHasClosed, !isExpired else { return false }
        return (try? stream.readArrived(into: buffer)) == .some(nil)
    }

    /// Whether it has waited for its next request for too long.
    var isExpired: Bool {
        restsSince != .never && restsSince.advanced(by: configuration.idleTimeout).hasPassed
    }

    /// Notes that it waits for its next request from now on.
    func rest() {
        wasUsed = true
        restsSince = .now
        buffer.shrink(to: 4_096)
    }

    func exchange(_ request: [ByteSlice], isHead: Bool, until deadline: Deadline) async throws(HTTPError)
        -> HTTPClientResponse
    {
        restsSince = .never
        receivedNothing = true
        keepsAlive = false
        var isWhole = true
        do throws(TransportError) {
            try await stream.write(request, deadline: deadline)
        } catch {
            // A server that refuses a body in its middle answers before it closes: the answer may be there.
            guard error.code == .reset else { throw failure(error) }
            isWhole = false
        }
        while true {
            guard let head = try parser.parse(buffer, isHead: isHead) else {
                guard try await receive(until: deadline) else {
                    throw HTTPError(.closed, "the server closed the connection without an answer")
                }
                continue
            }
            // Interim responses come before the one that counts.
            if head.status.code < 200 { continue }
            let body = try await collect(head, until: deadline)
            keepsAlive = head.keepsAlive && isWhole
            return HTTPClientResponse(head: head, body: body)
        }
    }

    private func collect(_ head: HTTPResponseHead, until deadline: Deadline) async throws(HTTPError) -> ByteSlice {
        let limit = configuration.limits.body
        var decoder = HTTPBodyDecoder(head.framing, limits: configuration.limits)
        guard decoder.wanted <= limit else { throw HTTPError(.limit, "the response is larger than \(limit) bytes") }
        var first = ByteSlice.empty
        var whole = ByteWriter(capacity: 0)
        while true {
            switch try step(&decoder) {
            case .bytes(let bytes):
                guard whole.count + first.count + bytes.count <= limit else {
                    throw HTTPError(.limit, "the response is larger than \(limit) bytes")
                }
                if first.isEmpty, whole.isEmpty {
                    first = bytes
                } else {
                    if whole.isEmpty { whole.write(first) }
                    first = .empty
                    whole.write(bytes)
                }
            case .partial:
                guard try await receive(until: deadline, room: min(decoder.wanted, 65_536)) else {
                    guard decoder.endsWithConnection else {
                        throw HTTPError(.closed, "the server closed the connection in its answer")
                    }
                    return whole.isEmpty ? first : whole.finish()
                }
            case .end:
                return whole.isEmpty ? first : whole.finish()
            }
        }
    }

    private func step(_ decoder: inout HTTPBodyDecoder) throws(HTTPError) -> HTTPBodyDecoder.Step {
        do throws(HTTPError) {
            return try decoder.next(buffer)
        } catch {
            throw HTTPError(.malformedResponse, "the response is no HTTP/1.1: \(error.message)")
        }
    }

    /// Reads what comes; false at the connection's end.
    private func receive(until deadline: Deadline, room: Int = 0) async throws(HTTPError) -> Bool {
        do throws(TransportError) {
            let count = try await stream.read(into: buffer, atLeast: max(room, 1_024), deadline: deadline)
            if count > 0 { receivedNothing = false }
            return count > 0
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: TransportError) -> HTTPError {
        HTTPError(HTTPError.Code(error), "\(error)")
    }
}
