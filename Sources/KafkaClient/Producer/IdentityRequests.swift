import Transport

/// Whether a producer has its id, and what came of asking for one: a refusal fails what waits, never the producer.
struct IdentityRequests {
    /// What a refusal means.
    struct Refusal {
        /// How long to wait before the broker is asked again.
        let wait: Duration
        /// What those get who wait for an id, where it is not worth their waiting.
        let failure: KafkaError?
        /// Whether it is to be told, since it was not refused for this reason before.
        let isNews: Bool
    }

    /// The id that partitions take over; nil until there is one, and when its epochs are used up.
    private(set) var identity: ProducerIdentity?
    /// Why there is none.
    private(set) var problem: KafkaError?
    private var attempts: Attempts
    /// Whether a refusal was told.
    private var isTold = false

    init(_ backoff: Backoff) { attempts = Attempts(backoff) }

    /// A broker gave an id.
    ///
    /// - Returns: whether that ends a refusal that was told.
    mutating func given(_ identity: ProducerIdentity) -> Bool {
        let wasTold = isTold
        isTold = false
        self.identity = identity
        problem = nil
        attempts.succeeded()
        return wasTold
    }

    /// No id was given.
    mutating func refused(_ error: KafkaError) -> Refusal {
        let isOther = problem?.code != error.code || problem?.serverCode != error.serverCode
        let isNews = !error.isRetriable && (isOther || !isTold)
        if isNews { isTold = true }
        problem = error.passing
        return Refusal(wait: attempts.failed(), failure: error.isRetriable ? nil : error.passing, isNews: isNews)
    }

    /// A partition has used up the id's epochs.
    mutating func usedUp() { identity = nil }
}
