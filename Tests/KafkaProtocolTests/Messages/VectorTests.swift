import Bytes
import Foundation
import KafkaProtocol
import Testing

/// What Kafka's own classes write, against what this module reads and writes: the selection in `Fixtures/Kafka`, and
/// all of Kafka's versions and many more samples where the whole set lies beside the package (or `KAFKA_VECTORS` says
/// where).
@Suite struct VectorTests {
    @Test(arguments: Vectors.folders)
    func `every message of Kafka's decodes to its fields and encodes to the same bytes`(folder: URL) throws {
        let cases = try MessageCase.load(folder.appending(path: "messages.jsonl"))
        for message in cases { try checkMessage(message) }
        // Nothing of this module is left out.
        let seen = Set(cases.map { $0.api + $0.kind })
        #expect(messageTypes.keys.allSatisfy { seen.contains($0) })
        #expect(dataTypes.keys.allSatisfy { seen.contains($0 + "data") })
    }

    @Test(arguments: Vectors.folders, CompressionType.all.map(\.name))
    func `every record batch of Kafka's is read and written`(folder: URL, compression: String) throws {
        let cases = try BatchCase.load(folder.appending(path: "record-batches.jsonl"))
            .filter { $0.batches.contains { $0.compression == compression } }
        #expect(cases.count >= 3)
        let decompressor = RecordDecompressor()
        for batch in cases { try check(batch, using: decompressor) }
    }

    @Test(arguments: Vectors.folders)
    func `keys go to the partitions that Kafka's producer picks`(folder: URL) throws {
        struct Case: Decodable {
            let key: String
            let murmur2: Int32
            let partition: [String: Int32]
        }
        let lines = try String(contentsOf: folder.appending(path: "partitions.jsonl"), encoding: .utf8)
        for line in lines.split(separator: "\n") {
            let expected = try JSONDecoder().decode(Case.self, from: Data(line.utf8))
            let key = ByteSlice(hex: expected.key)
            #expect(Int32(bitPattern: Murmur2.hash(key.span)) == expected.murmur2)
            for (count, partition) in expected.partition {
                #expect(Murmur2.partition(of: key.span, count: try #require(Int32(count))) == partition)
            }
        }
    }

    @Test(.enabled(if: Vectors.all != nil, "the whole set of Kafka's vectors is not there: set KAFKA_VECTORS"))
    func `the whole set of Kafka's vectors is tested`() {
        #expect(Vectors.folders.count == 2)
    }
}

/// Where Kafka's vectors lie.
enum Vectors {
    /// The selection that belongs to the package.
    static let fixtures = packageRoot.appending(path: "Fixtures/Kafka")

    /// The whole set, if it is there.
    static let all: URL? = {
        let path = ProcessInfo.processInfo.environment["KAFKA_VECTORS"] ?? "../shared/kafka/vectors"
        let folder = URL(filePath: path, relativeTo: packageRoot)
        return FileManager.default.fileExists(atPath: folder.appending(path: "messages.jsonl").path) ? folder : nil
    }()

    static let folders = [fixtures] + (all.map { [$0] } ?? [])

    private static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
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
    let bytes = message.versioned
    let value = try Data(bytes)
    let found = difference(value, try message.json())
    #expect(found == nil, "\(message)")
    #expect(try value.encoded(version: message.version) == bytes, "\(message)")
}
