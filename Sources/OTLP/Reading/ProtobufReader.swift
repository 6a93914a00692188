import Bytes

/// Reads the fields of a Protocol Buffers message one after the other (protobuf.dev, "Encoding"). What a field means is its
/// reader's business; one that nobody asks for is passed over.
struct ProtobufReader {
    /// What stands behind a field's number.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ByteSlice)
    }

    private let message: ByteSlice
    private var position = 0

    init(_ message: ByteSlice) { self.message = message }

    /// The next field; nil at the message's end.
    mutating func next() throws(OTLPError) -> (number: Int, value: Value)? {
        guard position < message.count else { return nil }
        do throws(ByteError) {
            let rest = message.slice(position..<message.count)
            var reader = ByteReader(rest)
            let tag = try reader.readVarint(limit: 5, "a field's tag")
            let number = Int(tag >> 3)
            let value: Value
            switch tag & 7 {
            case 0: value = .varint(try reader.readVarint(limit: 10, "a varint"))
            case 1: value = .fixed64(try reader.readLittleEndian(UInt64.self, "64 bits"))
            case 2:
                let count = try reader.readVarint(limit: 5, "a length")
                guard count <= UInt64(reader.remaining) else { throw Self.tooLong }
                let start = reader.position
                try reader.skip(Int(count))
                value = .bytes(rest.slice(start..<(start + Int(count))))
            case 5: value = .fixed32(try reader.readLittleEndian(UInt32.self, "32 bits"))
            default: throw Self.unknownType
            }
            guard number > 0 else { throw Self.unknownType }
            position += reader.position
            return (number, value)
        } catch {
            throw OTLPError("the protobuf is damaged: \(error)")
        }
    }

    private static var tooLong: ByteError { ByteError(.endOfBytes, "a field", at: 0) }
    private static var unknownType: ByteError { ByteError(.malformed, "a field's tag", at: 0) }
}

extension ProtobufReader.Value {
    /// The bytes of a message, a text or a list.
    var bytes: ByteSlice {
        get throws(OTLPError) {
            guard case .bytes(let bytes) = self else {
                throw OTLPError("the protobuf is damaged: a field is no message")
            }
            return bytes
        }
    }

    /// A text, in UTF-8.
    var text: ByteSlice {
        get throws(OTLPError) {
            let bytes = try bytes
            guard bytes.utf8 != nil else { throw OTLPError("the protobuf is damaged: a text is no UTF-8") }
            return bytes
        }
    }

    /// A whole number, however it is written.
    var number: UInt64 {
        get throws(OTLPError) {
            switch self {
            case .varint(let value), .fixed64(let value): value
            case .fixed32(let value): UInt64(value)
            case .bytes: throw OTLPError("the protobuf is damaged: a field is no number")
            }
        }
    }
}
