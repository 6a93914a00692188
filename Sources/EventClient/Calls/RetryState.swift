import Transport

/// Whether and when a call is made again, as a value: it knows no clock and no connection.
struct RetryState {
    enum Decision: Equatable {
        case retry(after: Duration)
        case giveUp(EventClientError)
    }

    /// What became of an attempt that failed.
    struct Failure {
        var error: EventClientError
        /// Whether the attempt may come into effect after this.
        var mayComeLate = false
    }

    private let limit: Duration
    private let backoff: Backoff
    private let mayOvertake: Bool
    private var retries = 0
    private var isOutcomeUnknown = false
    /// The last failure that the API itself told.
    private var answered: EventClientError?

    /// - Parameters:
    ///   - limit: How long the call may take with all its attempts.
    ///   - mayOvertake: See `Call.mayOvertake`.
    init(limit: Duration, backoff: Backoff, mayOvertake: Bool = false) {
        self.limit = limit
        self.backoff = backoff
        self.mayOvertake = mayOvertake
    }

    /// An attempt failed, so long after the call began.
    mutating func failed(
        _ failure: Failure, elapsed: Duration, using random: inout some RandomNumberGenerator
    ) -> Decision {
        var error = failure.error
        isOutcomeUnknown = isOutcomeUnknown || error.isOutcomeUnknown
        error.isOutcomeUnknown = isOutcomeUnknown
        if error.status != nil {
            answered = error
        } else if let answered, error.code == .unavailable {
            // What the API said tells more than that the time was over in the end.
            error.message += "; before that: \(answered.message)"
            (error.status, error.requestID) = (answered.status, answered.requestID)
        }
        guard error.isRetriable else { return .giveUp(error) }
        if mayOvertake, failure.mayComeLate {
            error.message += "; the update may still come into effect, and is not sent again"
            error.isOutcomeUnknown = true
            return .giveUp(error)
        }
        retries += 1
        // What the API asks for is the least; the jitter on top spreads those that were told the same.
        let wait = max(error.retryAfter ?? .zero, .zero) + backoff.delay(attempt: retries, using: &random)
        guard elapsed + wait < limit else { return .giveUp(error) }
        return .retry(after: wait)
    }
}
