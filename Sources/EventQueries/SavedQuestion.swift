public import Bytes
public import Events
import JSON

/// What a report is to hold: a question that can be asked, and how it is drawn.
public struct SavedQuestion: Sendable {
    /// What people call it.
    public let name: String
    /// The kind of question.
    public let kind: Question.Kind
    /// The question, as JSON.
    public let question: ByteSlice
    /// How it is drawn, as JSON: an object.
    public let chart: ByteSlice

    /// The longest name, in bytes of UTF-8.
    public static let longestName = 256

    /// Reads `{"name", "query", "question", "chart"}`; the last may be missing.
    ///
    /// - Throws: `QuestionError` that names the field: a question that would be refused is refused here, too.
    public init(_ body: ByteSlice, now: Timestamp) throws(QuestionError) {
        var object = try QuestionField(value: try .read(body.span), path: "").object()
        let field = try object.require("name")
        name = try field.text()
        guard 1...Self.longestName ~= name.utf8.count else {
            throw field.wrong("must be 1 to \(Self.longestName) bytes of UTF-8")
        }
        kind = try object.require("query").choice(Question.Kind.self)
        _ = try object.require("question").object()
        let chart = object.take("chart")
        _ = try chart?.object()
        try object.finish()
        var raw: [String: ByteSlice] = [:]
        do throws(JSONError) {
            var reader = JSONReader(body.span, maximumDepth: 16)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                let key = key.text
                raw[key] = ByteSlice(copying: try reader.readRaw())
            }
        } catch {
            throw QuestionError(error.path, error.message)
        }
        question = raw["question"] ?? .empty
        self.chart = chart == nil ? ByteSlice(utf8: "{}") : raw["chart"] ?? .empty
        do throws(QuestionError) {
            _ = try Question(kind, question, now: now)
        } catch {
            throw QuestionError(error.path.isEmpty ? "question" : "question.\(error.path)", error.message)
        }
    }
}
