public import FoundationEssentials

/// Why a call failed.
public struct EventClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, for logs and metrics.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The client's configuration makes no sense; the message names the setting.
        public static let configuration = Code("configuration")
        /// What was asked for is not what the API takes; `field` says which part. The same call fails again.
        public static let validation = Code("validation")
        /// Some events of a batch were refused, all others are accepted: `batch` says which.
        public static let partlyRefused = Code("partly_refused")
        /// It is larger than the API takes.
        public static let tooLarge = Code("too_large")
        /// There is no such path at this base URL. (An event that does not exist is no error.)
        public static let notFound = Code("not_found")
        /// The API key is missing or wrong.
        public static let unauthorized = Code("unauthorized")
        /// The API key may not do this.
        public static let forbidden = Code("forbidden")
        /// This client asks too much, still after all attempts; `retryAfter` says when to ask again.
        public static let rateLimited = Code("rate_limited")
        /// The API could not be reached, did not answer in time, or cannot do it now, still after all attempts.
        public static let unavailable = Code("unavailable")
        /// The answer is none of this API's, or larger than `maximumAnswerBytes`.
        public static let unexpectedAnswer = Code("unexpected_answer")
        /// The buffer had no room in time; the event was not taken.
        public static let bufferFull = Code("buffer_full")
        /// The task was cancelled.
        public static let cancelled = Code("cancelled")
        /// The client or the buffer was closed.
        public static let closed = Code("closed")
    }

    /// The kind of failure.
    public var code: Code
    /// One line for people: what failed and why.
    public var message: String
    /// The field or parameter that is wrong, by its name in the API; nil where it is none in particular.
    public var field: String?
    /// The status of the API's last answer; nil where there was none.
    public var status: Int?
    /// The last answer's `X-Request-Id`, under which the API's log has the reason.
    public var requestID: String?
    /// When the API wants to be asked again; nil where it did not say.
    public var retryAfter: Duration?
    /// Whether the same call may succeed another time without anything being changed.
    public var isRetriable = false
    /// Whether an attempt may have been taken although no answer said so. Creates and deletes may be sent again in any
    /// case; an update only where no later one may be overtaken by it.
    public var isOutcomeUnknown = false
    /// Of a call that sends many events, what became of them; nil for other calls.
    public var batch: BatchResult?

    /// Makes an error.
    public init(_ code: Code, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }

    /// One line for people.
    public var description: String {
        var text = "\(code): \(message)"
        if let status { text += " (status \(status))" }
        if isOutcomeUnknown { text += " (it may have been taken)" }
        if let requestID { text += " [request \(requestID)]" }
        return text
    }

    static func wrong(_ field: String, _ what: String) -> EventClientError {
        EventClientError(.validation, "\(field): \(what)", field: field)
    }

    static func damaged(_ what: String) -> EventClientError {
        var error = EventClientError(.unexpectedAnswer, "the answer is none of the API's: \(what)")
        error.isRetriable = true
        return error
    }
}

/// What became of the events of one call.
public struct BatchResult: Sendable, Hashable {
    /// An event that was refused: it is refused again if it is sent again.
    public struct Refusal: Sendable, Hashable {
        /// Its place among the events that were given, from 0.
        public var index: Int
        /// Its id.
        public var id: UUID
        /// The field that is wrong; nil where it is none in particular.
        public var field: String?
        /// What is wrong with it.
        public var message: String
    }

    /// The ids in the order of the events, nil for each that is not known to be accepted.
    public var ids: [UUID?] = []
    /// Those that the API or this client found wrong, in order.
    public var refusals: [Refusal] = []
    /// The places of those that found no taker: to send these events again is safe, as they keep their ids.
    public var unsent: [Int] = []
}
