import Bytes
import Foundation
import Testing

@testable import KafkaProtocol

/// Whatever stands in a batch: an error or records, never a trap, a hang or memory without bounds.
@Suite struct BatchDamageTests {
    static let cases: [BatchCase] = {
        let all = (try? BatchCase.load(Vectors.fixtures.appending(path: "record-batches.jsonl"))) ?? []
        return all.filter { $0.hex.count < 4000 }
    }()

    @Test func `a batch that is cut off anywhere is no batch yet`() throws {
        for whole in Self.cases.map(\.bytes) {
            for length in 0..<whole.count {
                var batches = RecordBatches(whole.prefix(length))
                #expect(try batches.next() == nil)
                #expect(batches.rest.count == length)
            }
        }
    }

    @Test func `a batch with any byte of its content damaged fails its checksum`() throws {
        for whole in Self.cases.prefix(6).map(\.bytes) {
            var bytes = whole.array
            for index in 21..<bytes.count {
                bytes[index] ^= 0x10
                if let batch = try? RecordBatch(ByteSlice(bytes)) {
                    #expect(throws: KafkaProtocolError.self) { try batch.checkIntact() }
                }
                bytes[index] ^= 0x10
            }
        }
    }

    @Test func `damage that the checksum does not show is an error or other records`() throws {
        let decompressor = RecordDecompressor()
        for whole in Self.cases.map(\.bytes) {
            var bytes = whole.array
            for change: UInt8 in [0x80, 0xff, 0x01] {
                for index in bytes.indices {
                    bytes[index] ^= change
                    readAll(ByteSlice(bytes), using: decompressor)
                    bytes[index] ^= change
                }
            }
        }
    }

    private func readAll(_ bytes: ByteSlice, using decompressor: RecordDecompressor) {
        do {
            var batches = RecordBatches(bytes)
            while let batch = try batches.next() {
                var records = try batch.records(using: decompressor, limit: 1 << 20)
                while let record = try records.next() { for header in record.headers { _ = header.key } }
            }
        } catch {
            // An error is what damage should lead to.
        }
    }
}
