import Bytes
import Testing

@testable import ClickHouseProtocol

@Suite("Compressed frames")
struct FrameTests {
    private static let text = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 100) }

    private func frame(_ method: CompressedFrame.Method, _ bytes: [UInt8] = text) throws -> [UInt8] {
        var writer = ByteWriter()
        try FrameCompressor(method).write(bytes.span.bytes, into: &writer)
        return writer.finish().array
    }

    private func unpacked(_ frame: [UInt8], limits: Limits = Limits()) throws -> [UInt8]? {
        let source = ReceiveBuffer()
        source.append(frame.span.bytes)
        let target = ReceiveBuffer()
        let reader = FrameDecompressor()
        while !source.isEmpty {
            guard case .read = try reader.read(from: source, into: target, limits: limits) else { return nil }
        }
        return target.takeSlice(target.count).array
    }

    /// The frame with another head, and the checksum that suits it.
    private func forged(_ frame: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var body = Array(frame[16...])
        change(&body)
        let hash = CityHash128.hash(body.span.bytes)
        var writer = ByteWriter()
        writer.writeLittleEndian(hash.low)
        writer.writeLittleEndian(hash.high)
        writer.write(body)
        return writer.finish().array
    }

    @Test("Each method's frames are read as they were written, also those of many megabytes and of none")
    func roundTrip() throws {
        let large = [UInt8](repeating: 7, count: 5 << 20)
        for method in CompressedFrame.Method.allCases {
            for bytes in [Self.text, large, [], [1]] { #expect(try unpacked(frame(method, bytes)) == bytes) }
        }
    }

    @Test("The methods are those that ClickHouse names: 2, 0x82 and 0x90")
    func codes() throws {
        #expect(try CompressedFrame.Method.allCases.map { try frame($0)[16] } == [0x02, 0x82, 0x82, 0x90])
    }

    @Test("LZ4HC and Zstandard make less of the same bytes than LZ4")
    func sizes() throws {
        let bytes = (0..<50_000).flatMap { Array("event \($0 &* 7919 % 1000) of user \($0 % 77);".utf8) }
        let sizes = try CompressedFrame.Method.allCases.map { try frame($0, bytes).count }
        #expect(sizes[2] < sizes[1] && sizes[3] < sizes[1] && sizes[1] < sizes[0])
    }

    @Test("A frame that lacks bytes says how many; one that lies of its sizes, or names no method, is refused")
    func refusals() throws {
        for method in CompressedFrame.Method.allCases {
            let whole = try frame(method)
            for count in [0, 1, 24, 25, whole.count - 1] {
                #expect(try unpacked(Array(whole[..<count])) == (count == 0 ? [] : nil))
            }
            for size in [0, 1, Self.text.count - 1, Self.text.count + 1, 1 << 29, Int(UInt32.max)] {
                let lying = forged(whole) { body in
                    for index in 0..<4 { body[5 + index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
                }
                #expect(throws: ClickHouseProtocolError.self) { try unpacked(lying) }
            }
            for position in stride(from: 16, to: whole.count, by: 97) {
                var damaged = whole
                damaged[position] ^= 0x40
                // The sizes' bytes may ask for more, or past the limit.
                #expect((try? unpacked(damaged)) ?? [] == [])
            }
        }
        let other = forged(try frame(.lz4)) { $0[0] = 0x91 }
        #expect(throws: ClickHouseProtocolError.self) { try unpacked(other) }
        var small = Limits()
        small.frameBytes = 1000
        #expect(throws: ClickHouseProtocolError.self) { try unpacked(try frame(.zstd), limits: small) }
    }
}
