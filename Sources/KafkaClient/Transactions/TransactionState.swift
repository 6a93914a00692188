import KafkaProtocol

/// A transactional producer's state: what may be done, given what has happened (KIP-98, KIP-360).
///
///     unknown ──▶ ready ──▶ open ──▶ committing ──▶ ready          an identity is asked for at the first begin
///                             │           ╰──────▶ failed
///                             ╰──▶ failed ──▶ unknown              aborted: the next identity fences off what is on its way
///     from each: ──▶ fenced                                        for good
///
/// It knows neither connections nor clocks.
struct TransactionState {
    enum Phase: Equatable {
        /// No identity is known that could begin.
        case unknown
        case ready
        case open
        /// The coordinator was asked to commit; until it answers, nobody knows whether it has.
        case committing
        /// It can only be aborted: the error says why.
        case failed(KafkaError)
        /// Another producer has the transactional id: this one ends.
        case fenced(KafkaError)

        static func == (left: Phase, right: Phase) -> Bool {
            switch (left, right) {
            case (.unknown, .unknown), (.ready, .ready), (.open, .open), (.committing, .committing): true
            case (.failed(let left), .failed(let right)), (.fenced(let left), .fenced(let right)):
                left.code == right.code && left.serverCode == right.serverCode
            default: false
            }
        }
    }

    /// What an answer of the coordinator means.
    enum Answer: Equatable {
        case done
        /// Ask again, after a wait; the coordinator is looked up anew where it has moved.
        case again(hasMoved: Bool)
        /// The transaction failed, or the producer is fenced: see the phase.
        case failed
    }

    private(set) var phase = Phase.unknown
    private(set) var identity: ProducerIdentity?
    /// The partitions that the coordinator knows to be in the transaction.
    private(set) var added: Set<TopicPartition> = []
    /// Those that records wait for, and those among them that the coordinator is being told of.
    private(set) var wanted: Set<TopicPartition> = []
    private(set) var adding: Set<TopicPartition> = []
    /// Whether a group's offsets are in the transaction.
    private(set) var hasOffsets = false

    /// What is wrong where nothing can be written, or nil.
    var problem: KafkaError? {
        switch phase {
        case .open: nil
        case .failed(let error): KafkaError(.transactionFailed, "the transaction must be aborted: \(error.message)")
        case .fenced(let error): error
        case .unknown, .ready: KafkaError(.configuration, "no transaction is open")
        case .committing: KafkaError(.configuration, "the transaction is being committed")
        }
    }

    // MARK: Beginning

    /// The coordinator gave an identity: whatever was open under an older one is aborted.
    mutating func identified(_ identity: ProducerIdentity) {
        if case .fenced = phase { return }
        self.identity = identity
        clear()
        phase = .ready
    }

    /// - Throws: `KafkaError` where a transaction is open, or none can be.
    mutating func begin() throws(KafkaError) {
        switch phase {
        case .ready: phase = .open
        case .unknown: throw KafkaError(.configuration, "the transactional id has no identity yet", isRetriable: true)
        case .open: throw KafkaError(.configuration, "a transaction is open already")
        case .committing, .failed, .fenced: throw problem ?? KafkaError(.configuration, "no transaction can be begun")
        }
    }

    // MARK: Writing

    /// Whether records may go to a partition now; where not, the coordinator is to be told of it first.
    mutating func mayWrite(to partition: TopicPartition) -> Bool {
        if added.contains(partition) { return true }
        if phase == .open { wanted.insert(partition) }
        return false
    }

    /// The partitions to tell the coordinator of now; empty where there are none, or where it is being told of others.
    mutating func takeWanted() -> Set<TopicPartition> {
        guard phase == .open, adding.isEmpty else { return [] }
        adding = wanted
        return adding
    }

    /// The coordinator answered, or did not, of what it was told of.
    mutating func answeredAdding(_ codes: [TopicPartition: KafkaErrorCode]) -> Answer {
        defer { adding = [] }
        guard phase == .open else { return .failed }
        var answer = Answer.done
        for partition in adding {
            switch judge(codes[partition] ?? .unknownServerError, "a partition was not added to the transaction") {
            case .done:
                added.insert(partition)
                wanted.remove(partition)
            case .again(let hasMoved): answer = .again(hasMoved: hasMoved)
            case .failed: return .failed
            }
        }
        return answer
    }

    /// The coordinator did not answer of what it was told of: it is told again.
    mutating func unansweredAdding() { adding = [] }

    /// The coordinator answered a group's being added.
    mutating func answeredOffsets(_ code: KafkaErrorCode) -> Answer {
        let answer = judge(code, "the group's offsets were not added to the transaction")
        if answer == .done { hasOffsets = true }
        return answer
    }

    /// The group's coordinator answered to the offsets.
    mutating func answeredCommit(ofOffsets code: KafkaErrorCode) -> Answer {
        judge(code, "the group's offsets were not taken")
    }

    /// Something failed: nothing of the transaction can be committed any more. Whether a partition's leader that does not
    /// know the producer's epoch is right, the coordinator says, which is asked for the next one.
    mutating func fail(_ error: KafkaError) {
        switch phase {
        case .open, .committing: phase = .failed(error)
        case .unknown, .ready, .failed, .fenced: break
        }
    }

    // MARK: Ending

    /// Begins to commit, or goes on where an earlier attempt had no answer.
    ///
    /// - Returns: whether the coordinator must be asked: it knows nothing of a transaction in which nothing is.
    mutating func beginCommit() throws(KafkaError) -> Bool {
        switch phase {
        case .open, .committing: break
        default: throw problem ?? KafkaError(.configuration, "no transaction is open")
        }
        guard !added.isEmpty || hasOffsets else {
            clear()
            phase = .ready
            return false
        }
        phase = .committing
        return true
    }

    /// The coordinator answered to the commit.
    mutating func answeredCommit(_ code: KafkaErrorCode) -> Answer {
        guard phase == .committing else { return .failed }
        let answer = judge(code, "the transaction was not committed")
        if answer == .done {
            clear()
            phase = .ready
        }
        return answer
    }

    /// The transaction is to be aborted: the next identity does so.
    ///
    /// - Throws: `KafkaError` where there is none, or nobody knows whether it was committed.
    mutating func abort() throws(KafkaError) {
        switch phase {
        case .open, .failed:
            clear()
            phase = .unknown
        case .unknown: break
        case .committing:
            throw KafkaError(
                .timeout, "whether the transaction was committed is not known: commit again", isRetriable: true)
        case .ready, .fenced: throw problem ?? KafkaError(.configuration, "no transaction is open")
        }
    }

    /// The coordinator refused an identity.
    mutating func answeredIdentity(_ code: KafkaErrorCode) -> Answer {
        if Self.isFencing(code) {
            phase = .fenced(KafkaError(server: code, "the transactional id was not given"))
            return .failed
        }
        return Self.verdict(code) ?? .failed
    }

    private mutating func clear() {
        added = []
        wanted = []
        adding = []
        hasOffsets = false
    }

    // MARK: Codes

    private mutating func judge(_ code: KafkaErrorCode, _ what: String) -> Answer {
        if let verdict = Self.verdict(code) { return verdict }
        let error = KafkaError(server: code, what)
        if Self.isFencing(code) { phase = .fenced(error) } else { fail(error) }
        return .failed
    }

    private static func verdict(_ code: KafkaErrorCode) -> Answer? {
        switch code {
        case .none: .done
        case .notCoordinator, .coordinatorNotAvailable: .again(hasMoved: true)
        case .concurrentTransactions: .again(hasMoved: false)
        case let code where code.isRetriable: .again(hasMoved: false)
        default: nil
        }
    }

    private static func isFencing(_ code: KafkaErrorCode) -> Bool {
        switch code {
        case .producerFenced, .invalidProducerEpoch, .transactionalIDAuthorizationFailed: true
        default: false
        }
    }
}
