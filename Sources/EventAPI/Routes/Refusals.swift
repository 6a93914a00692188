import EventStore
import Events
import HTTP
import KafkaClient

extension HTTPError {
    /// What is wrong with a body or an id.
    init(_ error: EventError) { self.init(.badRequest, error.description) }

    /// The service cannot do it now: the client is told when to try again.
    ///
    /// - Parameter detail: What the log is told of it, and no client: the servers behind this one.
    static func unavailable(_ message: String, retryAfter seconds: Int = 1, detail: String? = nil) -> HTTPError {
        HTTPError(
            .serviceUnavailable, message, headers: [HTTPHeader("retry-after", String(seconds))], detail: detail)
    }

    /// Why Kafka did not take an operation.
    init(_ error: KafkaError) {
        let detail = error.description
        switch error.code {
        case .bufferFull:
            self = .unavailable("too many operations wait for Kafka: try again", detail: detail)
        case .deliveryTimeout, .timeout:
            self = .unavailable("Kafka did not acknowledge the operation in time: try again", detail: detail)
        case .recordTooLarge:
            self.init(.contentTooLarge, "the event is larger than Kafka's topic takes", detail: detail)
        case .closed, .cancelled:
            self = .unavailable("the API is stopping: try again", detail: detail)
        default:
            self = .unavailable("Kafka does not take the operation: \(error.message)", detail: detail)
        }
    }

    /// Why ClickHouse did not answer.
    init(_ error: EventStoreError) {
        let detail = error.description
        switch error.code {
        case .unavailable:
            self = .unavailable("ClickHouse cannot be reached: try again", detail: detail)
        case .notFound: self.init(.notFound, error.message)
        case .unsuitable: self.init(.badRequest, error.message)
        case .busy:
            self = .unavailable("too many reads at once: try again", detail: detail)
        case .timeout:
            self = .unavailable("ClickHouse did not answer in time: try again", retryAfter: 5, detail: detail)
        case .tooExpensive:
            self = .unavailable(
                "the query takes too much memory, or its result is too large: narrow it, or try again", retryAfter: 5,
                detail: detail)
        case .schema:
            self = .unavailable("the database's schema is not the one that the API works with", detail: detail)
        case .cancelled:
            self = .unavailable("the API is stopping: try again", detail: detail)
        default:
            self = .unavailable("ClickHouse cannot answer: \(error.message)", detail: detail)
        }
    }
}
