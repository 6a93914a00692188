import Testing

@testable import Bytes

/// The examples are those of RFC 3720, appendix B.4.
@Suite struct CRC32CTests {
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            ([UInt8](0..<32), 0x46dd_794e),
            ([UInt8]((0..<32).reversed()), 0x113f_db5c),
            ([UInt8]("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func `matches the published examples`(bytes: [UInt8], checksum: UInt32) {
        let slice = ByteSlice(bytes)
        let value1 = CRC32C.checksum(slice.span)
        #expect(value1 == checksum)
        let value2 = CRC32C.byTables(slice.span)
        #expect(value2 == checksum)
    }

    @Test func `instruction and tables agree at every length and offset`() {
        let bytes = ByteSlice((0..<12_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 3) })
        // Below, at and above the sizes from which on long ones are folded, once and many times.
        let lengths = Array(0..<330) + [1_023, 1_024, 1_025, 7_000, 11_991]
        for offset in 0..<9 {
            for length in lengths {
                let part = bytes.slice(offset..<(offset + length))
                let value3 = CRC32C.checksum(part.span)
                #expect(value3 == CRC32C.byTables(part.span))
            }
        }
    }
}
