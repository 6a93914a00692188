import EventStore
import Events
import HTTP
import KafkaClient

extension HTTPError {
    /// What is wrong with a body or an id.
    init(_ error: EventError) { self.init(.badRequest, error.description) }

    /// The service cannot do it now: the client is told when to try again.
    static func unavailable(_ message: String, retryAfter seconds: Int = 1) -> HTTPError {
        HTTPError(.serviceUnavailable, message, headers: [HTTPHeader("retry-after", String(seconds))])
    }

    /// Why Kafka did not take an operation.
    init(_ error: KafkaError) {
        switch error.code {
        case .bufferFull:
            self = .unavailable("too many operations wait for Kafka: try again")
        case .deliveryTimeout, .timeout:
            self = .unavailable("Kafka did not acknowledge the operation in time: try again")
        case .recordTooLarge:
            self.init(.contentTooLarge, "the event is larger than Kafka's topic takes")
        default:
            self = .unavailable("Kafka does not take the operation: \(error.message)")
        }
    }

    /// Why ClickHouse did not answer.
    init(_ error: EventStoreError) {
        switch error.code {
        case .unavailable:
            self = .unavailable("ClickHouse cannot be reached: try again")
        case .tooExpensive:
            self = .unavailable("the query took too long or too much memory: narrow it, or try again", retryAfter: 5)
        default:
            self = .unavailable("ClickHouse cannot answer: \(error.message)")
        }
    }
}
