import Bytes
import KafkaProtocol

/// What comes of a request.
enum Answer: Sendable {
    /// A response's frame, in pieces to be sent one behind the other; what they take of the memory for answers is
    /// theirs for as long as the answer is held.
    case response([ByteSlice], held: Reservation?)
    /// A produce request that wants no answer.
    case nothing
    /// The request is not to be answered but by the connection's end.
    case close(String)
}

/// Who asks.
struct Peer: Sendable {
    /// The address as Kafka shows it in its groups: a slash, and the host.
    var host: String
}

/// A request's header with what it is about, for whoever handles it.
struct Call: Sendable {
    var header: RequestHeader
    var peer: Peer
    /// A large request's share of the memory for requests.
    var reservation: Reservation?

    var version: Int16 { header.apiVersion }
    var clientID: String { header.clientID ?? "" }
}
