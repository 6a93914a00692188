import Bytes
import Foundation
import KafkaProtocol
import Testing

/// Kafka's own bytes of every message in every version that Kafka 4.3.1 has, where they lie beside the package; a
/// selection of them is always there (`GoldenMessageTests`).
@Suite(.enabled(if: Vectors.areThere, "no Kafka vectors: set KAFKA_VECTORS to their folder to run these tests"))
struct VectorTests {
    @Test func `every message of Kafka's decodes to its fields and encodes to the same bytes`() throws {
        let cases = try MessageCase.load(Vectors.folder.appending(path: "messages.jsonl"))
        #expect(cases.count > 1000)
        for message in cases { try checkMessage(message) }
        // Nothing of this module is left out.
        let seen = Set(cases.map { $0.api + $0.kind })
        #expect(messageTypes.keys.allSatisfy { seen.contains($0) })
        #expect(dataTypes.keys.allSatisfy { seen.contains($0 + "data") })
    }

    @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
    func `every record batch of Kafka's is read and written`(compression: String) throws {
        let cases = try BatchCase.load(Vectors.folder.appending(path: "record-batches.jsonl"))
            .filter { $0.batches.contains { $0.compression == compression } }
        #expect(cases.count > 50)
        let decompressor = RecordDecompressor()
        for batch in cases { try check(batch, using: decompressor) }
    }

    @Test func `keys go to the partitions that Kafka's producer picks`() throws {
        struct Case: Decodable {
            let key: String
            let murmur2: Int32
            let partition: [String: Int32]
        }
        let lines = try String(contentsOf: Vectors.folder.appending(path: "partitions.jsonl"), encoding: .utf8)
        for line in lines.split(separator: "\n") {
            let expected = try JSONDecoder().decode(Case.self, from: Data(line.utf8))
            let key = ByteSlice(hex: expected.key)
            #expect(Int32(bitPattern: Murmur2.hash(key.span)) == expected.murmur2)
            for (count, partition) in expected.partition {
                #expect(Murmur2.partition(of: key.span, count: try #require(Int32(count))) == partition)
            }
        }
    }
}

/// Where Kafka's vectors lie.
enum Vectors {
    static let folder = URL(
        filePath: ProcessInfo.processInfo.environment["KAFKA_VECTORS"] ?? packageRoot.path + "/../shared/kafka/vectors")

    static let areThere = FileManager.default.fileExists(atPath: folder.appending(path: "messages.jsonl").path)

    static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}

func checkMessage(_ message: MessageCase) throws {
    if let type = message.type { try checkMessage(type, message) }
    if let type = message.dataType { try checkData(type, message) }
}

private func checkMessage<Message: KafkaMessage>(_ type: Message.Type, _ message: MessageCase) throws {
    let value = try Message(message.bytes, version: message.version)
    let found = difference(value, try message.json())
    #expect(found == nil, "\(message)")
    var writer = ByteWriter()
    try value.encode(into: &writer, version: message.version)
    let bytes = writer.finish()
    #expect(bytes == message.bytes, "\(message)")
    #expect(try Message(bytes, version: message.version) == value, "\(message)")
}

private func checkData<Data: KafkaData>(_ type: Data.Type, _ message: MessageCase) throws {
    var writer = ByteWriter()
    writer.writeBigEndian(message.version)
    writer.write(message.bytes)
    let bytes = writer.finish()
    let value = try Data(bytes)
    let found = difference(value, try message.json())
    #expect(found == nil, "\(message)")
    #expect(try value.encoded(version: message.version) == bytes, "\(message)")
}
