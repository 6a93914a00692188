/// Why a broker connection ended. What was asked of it fails with what the end makes of it; only the last is final.
enum ConnectionEnd {
    /// It broke, or could not be made: it is made again when somebody asks for it.
    case broken(KafkaError)
    /// The cluster's metadata no longer names this broker at this address: another connection takes its place.
    case retired
    /// Its owner was closed.
    case closed

    /// What requests without an answer fail with.
    func error(broker: String) -> KafkaError {
        switch self {
        case .broken(let error): error
        case .retired:
            KafkaError(
                .connection, "the broker has left the cluster, or its address has changed", broker: broker,
                isRetriable: true)
        case .closed: KafkaError(.closed, "the client is closed", broker: broker)
        }
    }

    /// Whether no connection will be made again by the same link.
    var isFinal: Bool {
        switch self {
        case .broken: false
        case .retired, .closed: true
        }
    }
}
