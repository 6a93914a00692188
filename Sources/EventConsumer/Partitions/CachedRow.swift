import Bytes
import Events

/// A row in as little memory as it takes: all its text in one piece, and where each field ends in it.
struct CachedRow {
    private let id: EventID
    private let text: ByteSlice
    /// Of the conversation, its metadata, the name, the error, the input and the output.
    private let ends: InlineArray<6, UInt32>
    private let inputEmbeddings: [Float]
    private let outputEmbeddings: [Float]
    private let latency: Double
    private let createdAt: Timestamp
    private let updatedAt: Timestamp
    private let version: EventVersion
    private let isDeleted: Bool

    /// What a row takes besides its text and embeddings: measured, its place in the cache's tables included.
    static let overhead = 320

    init(_ row: Event) {
        let texts = [
            row.conversationID, row.conversationMetadata, row.eventName, row.error, row.input, row.output,
        ]
        var writer = ByteWriter(capacity: texts.reduce(0) { $0 + $1.count })
        var ends = InlineArray<6, UInt32>(repeating: 0)
        for index in texts.indices {
            writer.write(texts[index])
            // A row's text comes from messages of 64 MiB at the most, one a field.
            ends[index] = UInt32(clamping: writer.count)
        }
        id = row.id
        text = writer.finish()
        self.ends = ends
        inputEmbeddings = row.inputEmbeddings
        outputEmbeddings = row.outputEmbeddings
        latency = row.latency
        createdAt = row.createdAt
        updatedAt = row.updatedAt
        version = row.version
        isDeleted = row.isDeleted
    }

    /// How much memory it takes, in bytes.
    var cost: Int { text.count + 4 * (inputEmbeddings.count + outputEmbeddings.count) + Self.overhead }

    /// The row; its text shares this one's memory.
    var event: Event {
        func field(_ index: Int) -> ByteSlice {
            text.slice((index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]))
        }
        var event = Event(
            id: id, conversationID: field(0), createdAt: createdAt, updatedAt: updatedAt, isDeleted: isDeleted,
            version: version)
        event.conversationMetadata = field(1)
        event.eventName = field(2)
        event.error = field(3)
        event.latency = latency
        event.input = field(4)
        event.output = field(5)
        event.inputEmbeddings = inputEmbeddings
        event.outputEmbeddings = outputEmbeddings
        return event
    }
}
