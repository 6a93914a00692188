import Bytes
import ClickHouseProtocol
import Foundation
import Testing

/// What a real server sent, recorded in `Fixtures/ClickHouse`, and what it means.
@Suite("A real server's bytes are understood")
struct GoldenTests {
    struct Recording: Decodable, Sendable {
        let name: String
        let revision: Int
        let compressed: Bool
        let hello: String
        let hex: String

        /// The packets behind the query.
        func packets(piece: Int = 1 << 20) throws -> [ServerPacket] {
            try Samples.packets(
                in: bytes(hex), piece: piece, revision: Revision(rawValue: UInt64(revision)), isCompressed: compressed)
        }

        func bytes(_ hex: String) -> ByteSlice {
            let digits = Array(hex.utf8)
            return ByteSlice(
                stride(from: 0, to: digits.count, by: 2).map {
                    UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16) ?? 0
                })
        }
    }

    static let recordings: [Recording] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/ClickHouse")
        guard let text = try? String(contentsOf: folder.appending(path: "server.jsonl"), encoding: .utf8) else {
            return []
        }
        return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Recording.self, from: Data($0.utf8)) }
    }()

    private func recording(_ name: String, compressed: Bool = false) throws -> Recording {
        try #require(Self.recordings.first { $0.name == name && $0.compressed == compressed })
    }

    @Test("The hello names the server and its revision")
    func hello() throws {
        let recording = try recording("types")
        let packets = try Samples.packets(
            in: recording.bytes(recording.hello), piece: 1, revision: Revision(rawValue: UInt64(recording.revision)))
        guard case .hello(let hello)? = packets.first else {
            Issue.record("no hello: \(packets)")
            return
        }
        #expect(hello.name == "ClickHouse")
        #expect(hello.versionMajor == 26 && hello.versionMinor == 9)
        #expect(hello.timeZone == "UTC" || !hello.timeZone.isEmpty)
    }

    @Test("Values of every type that the events need", arguments: [false, true])
    func types(compressed: Bool) throws {
        let blocks = try recording("types", compressed: compressed).packets().compactMap { packet -> Block? in
            guard case .data(let block) = packet, block.rowCount > 0 else { return nil }
            return block
        }
        let block = try #require(blocks.first)
        #expect(blocks.count == 1 && block.rowCount == 3)
        #expect(block["i8"]?.data == .int8([-1, 0, 1]))
        #expect(block["i64"]?.data == .int64([0, -5_000_000_000, -10_000_000_000]))
        #expect(block["u64"]?.data == .uint64([0, 1, 2]))
        #expect(block["f32"]?.data == .float32([0, 0.25, 0.5]))
        #expect(block["f64"]?.data == .float64([0, 1.0 / 3, 2.0 / 3]))
        #expect(block["s"]?.data == .string(["text 0", "text 1", "text 2"]))
        #expect(block["n"]?.data == .nullable(NullableColumn(nulls: [0, 1, 0], values: .int32([0, 0, 2]))))
        #expect(block["a"]?.data == .array(ArrayColumn(ends: [0, 1, 3], values: .float32([0, 0, 1]))))
        #expect(block["e"]?.data == .int8([1, 2, 2]))
        #expect(block["dt64"]?.data == .int64([1_767_953_472_345, 1_767_953_473_345, 1_767_953_474_345]))
        #expect(block["dt64"]?.type == .dateTime64(precision: 3, timeZone: "UTC"))
        let uuid = try #require(ClickHouseUUID("01890a5d-ac96-774b-bcce-b302099a8057"))
        #expect(block["u"]?.data == .uuid([uuid, uuid, uuid]))
        guard case .lowCardinality(let names)? = block["lc"]?.data else {
            Issue.record("lc is \(String(describing: block["lc"]?.data))")
            return
        }
        #expect((0..<3).map { names.strings?.text(Int(names.indexes[$0])) } == ["a", "b", "a"])
    }

    @Test("An exception keeps its code and its message")
    func exception() throws {
        let packets = try recording("exception").packets()
        guard case .exception(let exception)? = packets.last else {
            Issue.record("no exception: \(packets)")
            return
        }
        #expect(exception.code == 395)
        #expect(exception.message.contains("golden failure"))
    }

    @Test("Totals and extremes are told from rows, and the stream's end is seen")
    func totals() throws {
        let packets = try recording("totals").packets()
        func count(_ matches: (ServerPacket) -> Bool) -> Int { packets.count(where: matches) }
        #expect(count { if case .totals = $0 { true } else { false } } == 1)
        #expect(count { if case .extremes = $0 { true } else { false } } == 1)
        #expect(packets.last == .endOfStream)
    }

    @Test("In pieces of any size it is the same", arguments: [1, 2, 7, 64])
    func pieces(size: Int) throws {
        #expect(Self.recordings.count == 4)
        for recording in Self.recordings { #expect(try recording.packets(piece: size) == recording.packets()) }
    }

    @Test("Cut off anywhere, it waits for more and never gives what did not come")
    func cut() throws {
        for recording in Self.recordings {
            let whole = try recording.packets()
            let bytes = recording.bytes(recording.hex)
            for length in 0..<bytes.count {
                let some = try Samples.packets(
                    in: bytes.prefix(length), piece: 1 << 20, revision: Revision(rawValue: UInt64(recording.revision)),
                    isCompressed: recording.compressed)
                #expect(some == Array(whole.prefix(some.count)))
            }
        }
    }
}
