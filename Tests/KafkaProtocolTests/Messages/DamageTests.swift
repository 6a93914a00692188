import Bytes
import Foundation
import KafkaProtocol
import Testing

/// Whatever a peer sends: an error or a value, never a trap, a hang or memory without bounds.
@Suite struct DamageTests {
    @Test func `a message that is cut off anywhere is an error`() throws {
        for message in try MessageCase.load(Vectors.fixtures.appending(path: "messages.jsonl")) {
            guard let type = message.type else { continue }
            for length in 0..<message.bytes.count {
                let isRead = decodes(type, message.bytes.prefix(length), message.version)
                #expect(!isRead, "\(message) at \(length)")
            }
        }
    }

    @Test func `a message with any byte damaged is an error or another message`() throws {
        for message in try MessageCase.load(Vectors.fixtures.appending(path: "messages.jsonl")) {
            for change: UInt8 in [0x80, 0xff, 0x01] {
                var bytes = message.bytes.array
                for index in bytes.indices {
                    bytes[index] ^= change
                    if let type = message.type { _ = decodes(type, ByteSlice(bytes), message.version) }
                    bytes[index] ^= change
                }
            }
        }
    }

    @Test func `data that is cut off or damaged anywhere is an error or other data`() throws {
        for message in try MessageCase.load(Vectors.fixtures.appending(path: "messages.jsonl")) {
            guard let type = message.dataType else { continue }
            let whole = message.versioned
            for length in 0..<whole.count {
                #expect(throws: KafkaProtocolError.self) { try type.init(whole.prefix(length)) }
            }
            var bytes = whole.array
            for index in bytes.indices {
                bytes[index] ^= 0xff
                _ = try? type.init(ByteSlice(bytes))
                bytes[index] ^= 0xff
            }
        }
    }

    @Test func `a count past what the bytes can hold is refused before memory is taken for it`() {
        // The topics of a plain request: 2,147,483,647 of them, in four bytes.
        #expect(throws: KafkaProtocolError.self) {
            try MetadataRequest(ByteSlice([0x7f, 0xff, 0xff, 0xff]), version: 1)
        }
        // A negative count other than that for null.
        #expect(throws: KafkaProtocolError.self) {
            try MetadataRequest(ByteSlice([0xff, 0xff, 0xff, 0xfe]), version: 1)
        }
        // The same in a flexible version: a varint that goes on, one past 32 bits, a large one.
        for bytes: [UInt8] in [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0x1f], [0xff, 0xff, 0xff, 0xff, 0x0f],
        ] {
            #expect(throws: KafkaProtocolError.self) { try MetadataRequest(ByteSlice(bytes), version: 9) }
        }
    }
}

/// Whether the bytes are read as a message; one that is read can be written again.
private func decodes<Message: KafkaMessage>(_ type: Message.Type, _ bytes: ByteSlice, _ version: Int16) -> Bool {
    guard let message = try? Message(bytes, version: version) else { return false }
    var writer = ByteWriter()
    do {
        try message.encode(into: &writer, version: version)
    } catch {
        Issue.record("\(type) \(version) was read and cannot be written: \(error)")
    }
    return true
}
