public import KafkaProtocol

/// Why something asked of Kafka did not happen: what failed, where, and whether asking again may help.
///
/// One reference wide, so that it costs nothing to carry on paths that rarely fail.
public struct KafkaError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; more may come with later versions.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case connection, timeout, server, unsupportedVersion, malformedResponse, authentication
            case unknownTopic, unknownPartition, bufferFull, recordTooLarge, deliveryTimeout
            case notAssigned, rebalanceInProgress, fenced, transactionFailed, offsetOutOfRange, closed, cancelled
            case configuration
        }

        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// No connection could be made, or it broke before the answer.
        public static let connection = Code(.connection)
        /// The answer did not come in time.
        public static let timeout = Code(.timeout)
        /// The broker refused: `KafkaError.serverCode` says why.
        public static let server = Code(.server)
        /// The broker speaks no version of the request that this client speaks.
        public static let unsupportedVersion = Code(.unsupportedVersion)
        /// The broker's answer could not be read.
        public static let malformedResponse = Code(.malformedResponse)
        /// The broker did not accept the credentials.
        public static let authentication = Code(.authentication)
        /// The topic does not exist.
        public static let unknownTopic = Code(.unknownTopic)
        /// The topic has no such partition.
        public static let unknownPartition = Code(.unknownPartition)
        /// The producer's buffer holds as many bytes as it may.
        public static let bufferFull = Code(.bufferFull)
        /// The record is larger than the topic takes.
        public static let recordTooLarge = Code(.recordTooLarge)
        /// The record was not acknowledged in time. It may be in the log or not; it will not be sent any more.
        public static let deliveryTimeout = Code(.deliveryTimeout)
        /// The partition is not (or no longer) assigned to this consumer.
        public static let notAssigned = Code(.notAssigned)
        /// The group is rebalancing: the partitions may belong to another member soon.
        public static let rebalanceInProgress = Code(.rebalanceInProgress)
        /// Another member or producer has taken this one's place.
        public static let fenced = Code(.fenced)
        /// Something of the transaction failed: it must be aborted, and can be tried anew.
        public static let transactionFailed = Code(.transactionFailed)
        /// The offset lies outside the log, and the configuration says to fail then.
        public static let offsetOutOfRange = Code(.offsetOutOfRange)
        /// The client was closed.
        public static let closed = Code(.closed)
        /// The caller's task was cancelled.
        public static let cancelled = Code(.cancelled)
        /// What was asked for makes no sense: the message says why.
        public static let configuration = Code(.configuration)

        /// The name of the kind.
        public var description: String { base.rawValue }
    }

    private final class Storage: Sendable {
        let code: Code
        let message: String
        let serverCode: KafkaErrorCode?
        let broker: String?
        let topic: String?
        let partition: Int32?
        let isRetriable: Bool

        init(
            code: Code, message: String, serverCode: KafkaErrorCode?, broker: String?, topic: String?,
            partition: Int32?, isRetriable: Bool
        ) {
            self.code = code
            self.message = message
            self.serverCode = serverCode
            self.broker = broker
            self.topic = topic
            self.partition = partition
            self.isRetriable = isRetriable
        }
    }

    private let storage: Storage

    /// Makes an error.
    public init(
        _ code: Code, _ message: String, serverCode: KafkaErrorCode? = nil, broker: String? = nil,
        topic: String? = nil, partition: Int32? = nil, isRetriable: Bool = false
    ) {
        storage = Storage(
            code: code, message: message, serverCode: serverCode, broker: broker, topic: topic, partition: partition,
            isRetriable: isRetriable)
    }

    /// An error that a broker answered with.
    public init(
        server code: KafkaErrorCode, _ what: String, detail: String? = nil, broker: String? = nil,
        topic: String? = nil, partition: Int32? = nil
    ) {
        let reason = detail.map { "\(code.name): \($0)" } ?? "\(code.name): \(code.message)"
        self.init(
            Self.kind(of: code), "\(what): \(reason)", serverCode: code, broker: broker, topic: topic,
            partition: partition, isRetriable: code.isRetriable)
    }

    private static func kind(of code: KafkaErrorCode) -> Code {
        switch code {
        case .unknownTopicOrPartition, .unknownTopicID: .unknownTopic
        case .messageTooLarge, .recordListTooLarge: .recordTooLarge
        case .offsetOutOfRange: .offsetOutOfRange
        case .rebalanceInProgress: .rebalanceInProgress
        case .illegalGeneration, .unknownMemberID, .fencedInstanceID, .invalidProducerEpoch, .producerFenced: .fenced
        case .saslAuthenticationFailed, .unsupportedSASLMechanism: .authentication
        case .unsupportedVersion: .unsupportedVersion
        default: .server
        }
    }

    /// The caller's task was cancelled.
    static var cancelled: KafkaError { KafkaError(.cancelled, "the caller was cancelled") }

    /// The event loop that the client belongs to ends, and the client with it.
    static var loopEnded: KafkaError { KafkaError(.closed, "the event loop has ended") }

    /// The same failure, as one that may pass: for what is tried again whatever the broker's code says of it.
    var passing: KafkaError {
        KafkaError(
            code, message, serverCode: serverCode, broker: broker, topic: topic, partition: partition, isRetriable: true
        )
    }

    /// The kind of failure.
    public var code: Code { storage.code }

    /// What failed and why, in a line.
    public var message: String { storage.message }

    /// The broker's error code, where a broker answered.
    public var serverCode: KafkaErrorCode? { storage.serverCode }

    /// The broker, as `host:port`, where one is involved.
    public var broker: String? { storage.broker }

    /// The topic, where one is involved.
    public var topic: String? { storage.topic }

    /// The partition, where one is involved.
    public var partition: Int32? { storage.partition }

    /// Whether the same may succeed later.
    public var isRetriable: Bool { storage.isRetriable }

    /// The message, with the broker, topic and partition behind it where it does not name them.
    public var description: String {
        var text = message
        if let topic { text += " (\(topic)\(partition.map { "/\($0)" } ?? ""))" }
        if let broker, !message.contains(broker) { text += " [\(broker)]" }
        return text
    }
}
