public import Bytes
public import Events
public import JSON

/// A question that was saved, to be asked again.
public struct Report: Sendable {
    /// Its id.
    public var id: EventID
    /// What people call it.
    public var name: String
    /// The kind of question.
    public var query: String
    /// The question, as JSON.
    public var question: ByteSlice
    /// How it is drawn, as JSON: nobody's business but the pages'.
    public var chart: ByteSlice
    /// When it was saved first.
    public var createdAt: Timestamp
    /// When it was saved last.
    public var updatedAt: Timestamp

    /// Makes a report.
    public init(
        id: EventID, name: String, query: String, question: ByteSlice, chart: ByteSlice, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.query = query
        self.question = question
        self.chart = chart
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The report as JSON.
    public func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        json.beginObject(&writer)
        json.key("id", &writer)
        json.string(id.description, &writer)
        json.key("name", &writer)
        json.string(name, &writer)
        json.key("query", &writer)
        json.string(query, &writer)
        json.key("question", &writer)
        json.raw(question.span, &writer)
        json.key("chart", &writer)
        json.raw(chart.span, &writer)
        json.key("created_at", &writer)
        json.string(createdAt.description, &writer)
        json.key("updated_at", &writer)
        json.string(updatedAt.description, &writer)
        json.endObject(&writer)
    }
}
