public import Bytes
import Events

/// A place as the opaque text that clients hand back.
///
/// Base64url (RFC 4648, section 5) of a kind, the place, zeros up to a multiple of three bytes (so that no bit of the text
/// is without meaning), and a CRC-32C over these and what the cursor belongs to: its route, filters or conversation. The
/// checksum notices any change of up to 32 bits in a row, so each single changed character. It keeps accidents away, not
/// forgers: whoever makes a cursor learns nothing that a filter would not tell.
public enum PageCursor {
    /// The cursor of a place among events.
    ///
    /// - Parameter owner: What the cursor belongs to; it is good for the same alone.
    public static func text(of place: EventPlace, owner: ByteSlice) -> String {
        var writer = ByteWriter(capacity: 32)
        writer.writeBigEndian(place.createdAt.milliseconds)
        writer.writeBigEndian(place.id.high)
        writer.writeBigEndian(place.id.low)
        return text(.event, writer.finish(), owner)
    }

    /// The cursor of a place among conversations.
    ///
    /// - Parameter owner: What the cursor belongs to; it is good for the same alone.
    public static func text(of place: ConversationPlace, owner: ByteSlice) -> String {
        var writer = ByteWriter(capacity: 64)
        writer.writeBigEndian(place.asOf.milliseconds)
        writer.writeBigEndian(place.lastEventAt.milliseconds)
        writer.write(place.conversationID)
        return text(.conversation, writer.finish(), owner)
    }

    /// The place among events that a text means; nil where it is damaged, or belongs to something else.
    public static func eventPlace(_ text: String, owner: ByteSlice) -> EventPlace? {
        guard let bytes = place(.event, text, owner), bytes.count == 24 else { return nil }
        return EventPlace(
            createdAt: Timestamp(milliseconds: Int64(bitPattern: number(bytes, at: 0))),
            id: EventID(high: number(bytes, at: 8), low: number(bytes, at: 16)))
    }

    /// The place among conversations that a text means; nil where it is damaged, or belongs to something else.
    public static func conversationPlace(_ text: String, owner: ByteSlice) -> ConversationPlace? {
        guard let bytes = place(.conversation, text, owner), bytes.count >= 16 else { return nil }
        guard let conversation = bytes.suffix(from: 16).utf8 else { return nil }
        return ConversationPlace(
            asOf: Timestamp(milliseconds: Int64(bitPattern: number(bytes, at: 0))),
            lastEventAt: Timestamp(milliseconds: Int64(bitPattern: number(bytes, at: 8))), conversationID: conversation)
    }

    /// Eight bytes that are known to be there, the most significant first.
    private static func number(_ bytes: ByteSlice, at start: Int) -> UInt64 {
        let span = bytes.span
        return (start..<start + 8).reduce(0) { $0 << 8 | UInt64(span[$1]) }
    }

    private enum Kind: UInt8 { case event = 1, conversation = 2 }

    private static func text(_ kind: Kind, _ place: ByteSlice, _ owner: ByteSlice) -> String {
        let zeros = 2 - (2 + place.count + 4 + 2) % 3
        var writer = ByteWriter(capacity: place.count + 8)
        writer.writeByte(kind.rawValue)
        writer.writeByte(UInt8(zeros))
        writer.write(place)
        writer.write(repeating: 0, count: zeros)
        let body = writer.finish()
        var whole = ByteWriter(capacity: body.count + 4)
        whole.write(body)
        whole.writeLittleEndian(checksum(body, owner))
        return Base64URL.encode(whole.finish())
    }

    private static func place(_ kind: Kind, _ text: String, _ owner: ByteSlice) -> ByteSlice? {
        guard let whole = Base64URL.decode(text), whole.count >= 6 else { return nil }
        let body = whole.prefix(whole.count - 4)
        var writer = ByteWriter(capacity: 4)
        writer.writeLittleEndian(checksum(body, owner))
        guard writer.finish() == whole.suffix(from: body.count) else { return nil }
        let zeros = Int(body.span[1])
        guard body.span[0] == kind.rawValue, zeros <= 2, body.count >= 2 + zeros else { return nil }
        return body.slice(2..<(body.count - zeros))
    }

    private static func checksum(_ body: ByteSlice, _ owner: ByteSlice) -> UInt32 {
        var writer = ByteWriter(capacity: owner.count + body.count + 8)
        writer.writeLittleEndian(UInt64(owner.count))
        writer.write(owner)
        writer.write(body)
        return CRC32C.checksum(writer.finish().span)
    }
}

/// Base64 with the alphabet that is safe in URLs, of whole groups of three bytes alone: each has one text.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The text of bytes, whose count is a multiple of three.
    static func encode(_ bytes: ByteSlice) -> String {
        precondition(bytes.count % 3 == 0)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4)
        let span = bytes.span
        for start in stride(from: 0, to: span.byteCount, by: 3) {
            let group = Int(span[start]) << 16 | Int(span[start + 1]) << 8 | Int(span[start + 2])
            for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; nil where it is none that `encode` gives.
    static func decode(_ text: String) -> ByteSlice? {
        guard text.utf8.count % 4 == 0 else { return nil }
        var writer = ByteWriter(capacity: text.utf8.count)
        var group = 0
        for (index, character) in text.utf8.enumerated() {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            group = group << 6 | Int(value)
            guard index % 4 == 3 else { continue }
            for shift in [16, 8, 0] { writer.writeByte(UInt8(truncatingIfNeeded: group >> shift)) }
            group = 0
        }
        return writer.finish()
    }
}
