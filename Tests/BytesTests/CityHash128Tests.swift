import Bytes
import Testing

@Suite("CityHash128 is that of version 1.0.2")
struct CityHash128Tests {
    @Test("Gives the checksums that ClickHouse writes before its frames")
    func frames() {
        // ClickHouse 26.9's own answer to `INSERT INTO t FORMAT Native` with LZ4: a frame of the table's columns (83
        // bytes) and one of its sample block (43 bytes), each without the checksum that stands before it.
        let columns: [UInt8] = [
            0x82, 0x53, 0x00, 0x00, 0x00, 0x4b, 0x00, 0x00, 0x00, 0xf3, 0x0f, 0x00, 0x49, 0x63, 0x6f, 0x6c, 0x75, 0x6d,
            0x6e, 0x73, 0x20, 0x66, 0x6f, 0x72, 0x6d, 0x61, 0x74, 0x20, 0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0x3a,
            0x20, 0x31, 0x0a, 0x32, 0x20, 0x1c, 0x00, 0xf0, 0x17, 0x3a, 0x0a, 0x60, 0x6e, 0x60, 0x20, 0x55, 0x49, 0x6e,
            0x74, 0x36, 0x34, 0x0a, 0x60, 0x73, 0x60, 0x20, 0x53, 0x74, 0x72, 0x69, 0x6e, 0x67, 0x09, 0x44, 0x45, 0x46,
            0x41, 0x55, 0x4c, 0x54, 0x09, 0x5c, 0x27, 0x78, 0x5c, 0x27, 0x0a,
        ]
        #expect(hash(columns) == .init(low: 0x8a99_5f93_b784_89e3, high: 0xfb58_3177_2bed_307e))
        let sample: [UInt8] = [
            0x82, 0x2b, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0xf0, 0x11, 0x01, 0x00, 0x02, 0xff, 0xff, 0xff, 0xff,
            0x03, 0x00, 0x00, 0x02, 0x00, 0x01, 0x6e, 0x06, 0x55, 0x49, 0x6e, 0x74, 0x36, 0x34, 0x00, 0x01, 0x73, 0x06,
            0x53, 0x74, 0x72, 0x69, 0x6e, 0x67, 0x00,
        ]
        #expect(hash(sample) == .init(low: 0x11a0_e110_13db_e80a, high: 0x9847_8bfd_3b9b_212c))
    }

    /// From clickhouse-cityhash 1.0.2 (PyPI), of bytes `i * 31 + i / 256`.
    private static let lengths: [(count: Int, high: UInt64, low: UInt64)] = [
        (0, 0x3df09dfc64c09a2b, 0x3cb540c392e51e29),
        (7, 0x2b10aba75d97da2d, 0xbd3a37170971ff49),
        (15, 0x3a18191fc587126a, 0x0f25d4b46a1c520c),
        (16, 0xd4af481bc580b0ef, 0xcf8fb13a6db2b0ef),
        (17, 0x017f314abcd251bf, 0x54adc52ceb440db4),
        (127, 0x96d86d38e678486d, 0x0152574eb4fff480),
        (128, 0x1707bb104d18baae, 0x900844c8e674ea7e),
        (143, 0x0aed560c8a0362cf, 0x630ef7f5bbbae3e9),
        (144, 0xbb7e18d642c59d97, 0xfe0dc4de366e5752),
        (145, 0x7494163ed1a542ce, 0x0ef301c0b61f076c),
        (300, 0x0a05b694042138ef, 0x98d6b743a444de75),
        (1000, 0x580ddf5202c529ad, 0x4ca8d7c0d0a9e16c),
        (65537, 0xc07116729cacf0b8, 0x71cc2f6e532465cf),
    ]

    @Test("Gives what another implementation gives", arguments: Self.lengths)
    func otherImplementation(count: Int, high: UInt64, low: UInt64) {
        let value = hash((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        // Which half that one calls the high one is its own choice.
        #expect(value == .init(low: low, high: high) || value == .init(low: high, high: low))
    }

    @Test("Reads nothing outside of the bytes, whatever their number", arguments: 0..<600)
    func everyLength(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let alone = hash(bytes)
        let larger: [UInt8] = [9, 9, 9] + bytes + [9, 9, 9]
        let slice = ByteSlice(larger).slice(3..<(3 + count))
        let inside = CityHash128.hash(slice.span)
        #expect(alone == inside)
    }

    private func hash(_ bytes: [UInt8]) -> CityHash128.Value {
        let slice = ByteSlice(bytes)
        return CityHash128.hash(slice.span)
    }
}
