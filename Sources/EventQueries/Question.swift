public import Bytes
public import EventStore
public import Events

/// A question about events, read and found to be in order.
public enum Question: Sendable {
    case segmentation(SegmentationQuestion)
    case funnel(FunnelQuestion)
    case retention(RetentionQuestion)
    case flows(FlowsQuestion)
    case similar(SimilarQuestion)
    case conversations(ConversationsQuestion)

    /// The kinds, by the names that they have in paths.
    public enum Kind: String, CaseIterable, Sendable {
        case segmentation, funnel, retention, flows, similar, conversations
    }

    /// Reads a question.
    ///
    /// - Parameters:
    ///   - kind: Which it is.
    ///   - body: A JSON object.
    ///   - now: What `to` is where it is not given.
    /// - Throws: `QuestionError` that names the field.
    public init(_ kind: Kind, _ body: ByteSlice, now: Timestamp) throws(QuestionError) {
        var object = try QuestionField(value: try .read(body.span), path: "").object()
        switch kind {
        case .segmentation: self = .segmentation(try SegmentationQuestion(&object, now: now))
        case .funnel: self = .funnel(try FunnelQuestion(&object, now: now))
        case .retention: self = .retention(try RetentionQuestion(&object, now: now))
        case .flows: self = .flows(try FlowsQuestion(&object, now: now))
        case .similar: self = .similar(try SimilarQuestion(&object, now: now))
        case .conversations: self = .conversations(try ConversationsQuestion(&object, now: now))
        }
        try object.finish()
    }

    /// Which events it is about, and how long its answer may take.
    public var scope: QuestionScope {
        switch self {
        case .segmentation(let question): question.scope
        case .funnel(let question): question.scope
        case .retention(let question): question.scope
        case .flows(let question): question.scope
        case .similar(let question): question.scope
        case .conversations(let question): question.scope
        }
    }
}

/// An answer's data as JSON, and what it took.
public struct QuestionAnswer: Sendable {
    /// JSON.
    public let data: ByteSlice
    /// How many rows ClickHouse read.
    public let rowsRead: UInt64
    /// By which method it was found, where there are several.
    public var method: String?

    init(_ data: ByteSlice, rowsRead: UInt64) {
        self.data = data
        self.rowsRead = rowsRead
    }
}

extension EventStore {
    /// Answers a question.
    ///
    /// - Throws: `EventStoreError`: `.timeout` past the question's deadline, `.tooExpensive` where it takes more memory than it
    ///   may, or would have a larger answer than it may.
    public func answer(_ question: Question) async throws(EventStoreError) -> QuestionAnswer {
        switch question {
        case .segmentation(let question): try await answer(question)
        case .funnel(let question): try await answer(question)
        case .retention(let question): try await answer(question)
        case .flows(let question): try await answer(question)
        case .similar(let question): try await answer(question)
        case .conversations(let question): try await answer(question)
        }
    }
}
