import Bytes
import ClickHouseProtocol
import Testing

@Suite("A block without rows has nothing behind its columns' headers")
struct BlocksWithoutRowsTests {
    /// What stands behind the byte that says that a column is written in another way.
    static let kinds: [(name: String, bytes: [UInt8])] = [
        ("plain", [0]), ("sparse", [1]), ("replicated", [4]), ("sparse, replicated", [5, 2, 1, 3]),
        ("replicated, sparse", [5, 2, 3, 1]), ("none at all", [5, 0]),
    ]

    static let revisions = [Revision(rawValue: 54_454), .clickHouse243, Revision(rawValue: 54_481), .newest]

    /// How often a tuple's elements ask for kinds of their own.
    private func elements(of type: ColumnType) -> Int {
        switch type {
        case .tuple(let elements): elements.reduce(elements.count) { $0 + self.elements(of: $1.type) }
        case .alias(_, let type): elements(of: type)
        default: 0
        }
    }

    @Test("However each column is written", arguments: kinds.indices, revisions)
    func everyKind(kind: Int, revision: Revision) throws {
        let sample = try Samples.allTypes()
        let types =
            sample.columns.map(\.type)
            + (try [
                "Tuple(a Tuple(b String, c Nullable(Int32)), d LowCardinality(Nullable(String)))", "Point",
                "Array(Tuple(a String, b LowCardinality(String)))",
                "Map(LowCardinality(String), Array(Nullable(UUID)))",
                "Nested(a UInt8, b String)", "Array(Nothing)", "Tuple()",
            ].map { try ColumnType(parsing: $0) })
        for piece in [1, 1 << 20] {
            var writer = ByteWriter()
            writer.writeVarint(1)
            writer.writeVarint(0)
            writer.writeVarint(0)  // no fields
            writer.writeVarint(UInt64(types.count))
            writer.writeVarint(0)
            for type in types {
                writer.writeVarint(1)
                writer.writeByte(UInt8(ascii: "c"))
                writer.writeVarint(UInt64(type.name.utf8.count))
                writer.write(type.name)
                writer.writeByte(1)
                for byte in Self.kinds[kind].bytes { writer.writeByte(byte) }
                writer.write(repeating: 0, count: elements(of: type))
            }
            writer.writeVarint(5)
            let packets = try Samples.packets(in: writer.finish(), piece: piece, revision: revision)
            try #require(packets.count == 2)
            guard case .data(let block) = packets[0] else { throw Unexpected(packet: packets[0]) }
            #expect(block.rowCount == 0)
            #expect(block.columns.map(\.type) == types)
            #expect(block.columns.allSatisfy { $0.data.count == 0 })
            #expect(packets[1] == .endOfStream)
        }
    }

    @Test("A sparse column of defaults alone has them, and no index outside of its dictionary")
    func sparseDictionary() throws {
        var writer = ByteWriter()
        for number in [1, 0, 0, 1, 2] as [UInt64] { writer.writeVarint(number) }
        let type = "LowCardinality(String)"
        writer.writeVarint(1)
        writer.writeByte(UInt8(ascii: "c"))
        writer.writeVarint(UInt64(type.utf8.count))
        writer.write(type)
        writer.write(array: [1, 1] as [UInt8])
        writer.writeLittleEndian(Int64(1))
        writer.writeVarint(1 << 62 | 2)
        let packets = try Samples.packets(in: writer.finish(), piece: 1, revision: .newest)
        guard case .data(let block)? = packets.first, case .lowCardinality(let low) = block.columns[0].data else {
            Issue.record("no such column: \(packets)")
            return
        }
        #expect(low.indexes.allSatisfy { $0 < low.dictionary.count })
        #expect(low.indexes.map { low.strings?.text(Int($0)) } == ["", ""])
    }

    @Test(
        "A dictionary of what cannot be in one is refused, and not one without values",
        arguments: ["Dynamic", "JSON", "Array(Dynamic)", "LowCardinality(String)", "Tuple(UInt8)", "Variant(UInt8)"])
    func dictionaryOfDynamic(inner: String) throws {
        var writer = ByteWriter()
        for number in [1, 0, 0, 1, 1] as [UInt64] { writer.writeVarint(number) }
        let type = "LowCardinality(\(inner))"
        writer.writeVarint(1)
        writer.writeByte(UInt8(ascii: "c"))
        writer.writeVarint(UInt64(type.utf8.count))
        writer.write(type)
        writer.writeByte(0)
        for number in [1, 0x600, 1] as [UInt64] { writer.writeLittleEndian(number) }
        if inner == "Array(Dynamic)" { writer.writeLittleEndian(UInt64(1)) }
        writer.writeLittleEndian(UInt64(1))
        writer.writeByte(0)
        let bytes = writer.finish()
        let error = #expect(throws: ClickHouseProtocolError.self) {
            try Samples.packets(in: bytes, piece: 1, revision: .newest)
        }
        #expect(error?.code == .unsupportedType)
    }

    private struct Unexpected: Error { let packet: ServerPacket }
}
