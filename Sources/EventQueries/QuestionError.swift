/// Why a question cannot be asked: what is wrong with it, and where.
public struct QuestionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field, such as `filters[2].op`; empty for the question itself.
    public let path: String
    /// What is wrong with it.
    public let message: String

    /// Makes an error.
    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    /// One line for people.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
