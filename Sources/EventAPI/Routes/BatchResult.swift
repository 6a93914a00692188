import Bytes
import Events
import HTTP
import JSON

/// What became of a batch's items, and the answer that says so.
struct BatchResult {
    /// The ids of what was accepted, nil for what was refused: one for each item.
    private var ids: [EventID?] = []
    private var errors: [(index: Int, message: String)] = []

    /// The longest message about an item, in bytes: there may be as many as items, whatever the messages quote.
    static let longestMessage = 256

    private(set) var accepted = 0
    var rejected: Int { errors.count }

    /// What was refused, and why, in the items' order.
    var refusals: [String] { errors.sorted { $0.index < $1.index }.map(\.message) }

    /// How many items have come so far: the next one's index.
    var count: Int { ids.count }

    /// The next item is taken.
    mutating func accept(_ id: EventID) {
        ids.append(id)
        accepted += 1
    }

    /// The next item is refused.
    mutating func refuse(_ message: String) {
        errors.append((ids.count, Self.shortened(message)))
        ids.append(nil)
    }

    /// An item that was taken is refused after all.
    mutating func refuse(at index: Int, _ message: String) {
        guard ids.indices.contains(index), ids[index] != nil else { return }
        ids[index] = nil
        accepted -= 1
        let place = errors.firstIndex { $0.index > index } ?? errors.endIndex
        errors.insert((index, Self.shortened(message)), at: place)
    }

    private static func shortened(_ message: String) -> String {
        guard message.utf8.count > longestMessage else { return message }
        var short = ""
        for scalar in message.unicodeScalars {
            guard short.utf8.count + UTF8.width(scalar) <= longestMessage - 3 else { break }
            short.unicodeScalars.append(scalar)
        }
        return short + "…"
    }

    var status: HTTPStatus {
        if accepted == 0 { return .badRequest }
        return rejected == 0 ? .accepted : .multiStatus
    }

    func response() -> HTTPResponse {
        var writer = ByteWriter(capacity: 256 + 40 * ids.count)
        if accepted > 0 {
            writer.write(literal: "{\"success\":true,\"message\":\"")
            writer.write(literal: rejected == 0 ? "batch queued" : "batch queued in part")
            writer.write(literal: "\"")
        } else {
            writer.write(literal: "{\"success\":false,\"error\":")
            let first = errors.first.map { "; the first: \($0.message)" } ?? ""
            writer.writeJSONString("none of \(count) items is accepted\(first)")
        }
        writer.write(literal: ",\"data\":{\"accepted\":")
        writer.write("\(accepted)")
        writer.write(literal: ",\"rejected\":")
        writer.write("\(rejected)")
        writer.write(literal: ",\"ids\":[")
        for (index, id) in ids.enumerated() {
            if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
            guard let id else {
                writer.write(literal: "null")
                continue
            }
            writer.writeByte(UInt8(ascii: "\""))
            id.write(into: &writer)
            writer.writeByte(UInt8(ascii: "\""))
        }
        writer.write(literal: "],\"errors\":[")
        for (position, error) in errors.enumerated() {
            if position > 0 { writer.writeByte(UInt8(ascii: ",")) }
            writer.write(literal: "{\"index\":")
            writer.write("\(error.index)")
            writer.write(literal: ",\"error\":")
            writer.writeJSONString(error.message)
            writer.writeByte(UInt8(ascii: "}"))
        }
        writer.write(literal: "]}}")
        return .json(status, writer.finish())
    }
}
