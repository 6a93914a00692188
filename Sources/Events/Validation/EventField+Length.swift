import Bytes
import JSON

extension EventField {
    /// The longest text that the field takes, in bytes of UTF-8; nil where the body's limit is the only one. A
    /// conversation's id stands in paths, and in every answer that names it.
    var maximumBytes: Int? {
        switch self {
        case .conversationID: 2048
        case .eventName: EventNames.maximumBytes
        default: nil
        }
    }

    /// What is wrong with how long the text of a field is that must have one; nil where nothing is.
    func wrongLength(of text: borrowing JSONString) -> String? {
        guard let maximumBytes else { return nil }
        if text.isEmpty { return "must not be empty" }
        // Decoded, a text is never longer than it stands there.
        if text.raw.byteCount <= maximumBytes { return nil }
        let count = text.utf8.count
        return count <= maximumBytes ? nil : "must be at most \(maximumBytes) bytes of UTF-8, not \(count)"
    }
}
