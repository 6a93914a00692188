import Bytes
import KafkaProtocol
import Testing

@testable import KafkaBroker

@Suite struct BatchCheckTests {
    private func error(_ bytes: ByteSlice?, version: Int16 = 9, maxBytes: Int = 1 << 20) -> KafkaErrorCode {
        switch BatchCheck.check(bytes, version: version, maxBytes: maxBytes) {
        case .success: .none
        case .failure(let refusal): refusal.error
        }
    }

    /// A batch with some bytes changed, and its checksum made right again.
    private func changed(_ change: (inout [UInt8]) -> Void) throws -> ByteSlice {
        var bytes = try batch(["a", "b"]).array
        change(&bytes)
        let checksum = CRC32C.checksum(ByteSlice(bytes).suffix(from: 21).span)
        for index in 0..<4 { bytes[17 + index] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(index))) }
        return ByteSlice(bytes)
    }

    @Test func aWholeBatchIsTaken() throws {
        #expect(error(try batch(["a", "b"])) == .none)
        #expect(error(try changed { _ in }) == .none)
        #expect(
            BatchCheck.checkRecords(try batch(["a"], compression: .lz4), using: RecordDecompressor()).refusal == nil)
    }

    @Test func aBaseOffsetAtTheEndOfAllNumbersIsNoTrap() throws {
        for base in [Int64.max, .max - 1, .min, -1] {
            var bytes = try batch(["a", "b"]).array
            for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: base >> (56 - 8 * Int64(index))) }
            _ = BatchCheck.check(ByteSlice(bytes), version: 9, maxBytes: 1 << 20)
            _ = BatchCheck.checkRecords(ByteSlice(bytes), using: RecordDecompressor())
        }
    }

    @Test func whatIsNoBatchIsRefused() throws {
        let sound = try batch(["a", "b"])
        #expect(error(nil) == .invalidRecord)
        #expect(error(.empty) == .invalidRecord)
        #expect(error(sound, maxBytes: 10) == .messageTooLarge)
        for length in 1..<sound.count { #expect(error(sound.prefix(length)) != .none) }
        var two = ByteWriter()
        two.write(sound)
        two.write(sound)
        #expect(error(two.finish()) == .invalidRecord)
        for index in 17..<sound.count {
            var bytes = sound.array
            bytes[index] ^= 0x20
            #expect(error(ByteSlice(bytes)) == .corruptMessage, "byte \(index)")
        }
    }

    @Test func whatABatchMustNotBe() throws {
        #expect(error(try changed { $0[16] = 1 }) == .unsupportedForMessageFormat)
        #expect(error(try changed { $0[22] |= 0x20 }) == .invalidRecord)
        #expect(error(try changed { $0[22] |= 0x10 }) == .invalidTxnState)
        #expect(error(try changed { $0[22] |= 0x08 }) == .invalidTimestamp)
        #expect(error(try changed { $0[22] |= 0x07 }) == .unsupportedCompressionType)
        #expect(error(try changed { $0[22] |= 0x04 }, version: 6) == .unsupportedCompressionType)
        #expect(error(try changed { $0[26] = 7 }) == .invalidRecord)
        #expect(error(try changed { $0[57] = 0xff }) == .invalidRecord)
        #expect(error(try changed { $0[43] = 0 }) == .invalidRecord)
    }

    @Test func recordsThatCannotBeReadAreRefused() throws {
        let refusal = BatchCheck.checkRecords(try changed { $0[61] = 0x7f }, using: RecordDecompressor()).refusal
        #expect(refusal?.error == .invalidRecord)
    }
}
