import ClickHouseProtocol
import Foundation
import Testing

@Suite("The types that are described are those that are read")
struct TypeTableTests {
    private static let article = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/ClickHouseClient/Documentation.docc/Types.md")

    @Test("The article's table is the registry's; with UPDATE_DOCS set it is written anew")
    func table() throws {
        let text = try String(contentsOf: Self.article, encoding: .utf8)
        let start = try #require(text.range(of: "| ClickHouse |")?.lowerBound)
        let end = text[start...].range(of: "\n\n")?.lowerBound ?? text.endIndex
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try text.replacingCharacters(in: start..<end, with: TypeDescription.table)
                .write(to: Self.article, atomically: true, encoding: .utf8)
        } else {
            #expect(text[start..<end] == TypeDescription.table)
        }
    }

    @Test("Each name is told once, and is a type's")
    func names() throws {
        let words = TypeDescription.all.flatMap(\.words)
        #expect(Set(words).count == words.count)
        let arguments = [
            "FixedString": "(3)", "DateTime64": "(3)", "Time64": "(3)", "Decimal": "(9, 2)", "Enum8": "('a' = 1)",
            "Enum16": "('a' = 1)", "Nullable": "(UInt8)", "LowCardinality": "(String)", "Array": "(UInt8)",
            "Map": "(String, UInt8)", "Nested": "(a UInt8)", "Tuple": "(UInt8)", "Variant": "(String, UInt8)",
            "QBit": "(Float32, 8)", "AggregateFunction": "(sum, UInt64)", "SimpleAggregateFunction": "(sum, UInt64)",
        ]
        for word in words {
            let name = word + (arguments[word] ?? "")
            #expect(try ColumnType(parsing: name).name == name)
        }
    }

    @Test("Names with arguments are read as they are written, and no others")
    func arguments() throws {
        for name in [
            "JSON(max_dynamic_paths=8, max_dynamic_types=4, a UInt8, `b c.d` Array(String), SKIP e.f, SKIP REGEXP 'g\\'.*')",
            "AggregateFunction(1, sumMap, Array(UInt8), Array(UInt64))",
            "AggregateFunction(quantiles(0.5, 0.9), UInt64)",
            "AggregateFunction(count)", "Dynamic(max_types=0)", "QBit(BFloat16, 1)", "Array(Geometry)",
            "Variant(Array(Dynamic), JSON(a UInt8), Tuple())", "IntervalNanosecond",
        ] {
            #expect(try ColumnType(parsing: name).name == name)
        }
        for name in [
            "IntervalCentury", "JSON(", "JSON()", "JSON(a)", "JSON(SKIP)", "Dynamic()", "Dynamic(max_types=-1)",
            "Variant()",
            "QBit(String, 8)", "QBit(Float32, 0)", "AggregateFunction(", "AggregateFunction(sum", "UInt8(3)",
            "String()",
            "Nothing2", "", "DateTime(", "Point(1)",
        ] {
            let error = #expect(throws: ClickHouseProtocolError.self, "\(name)") { try ColumnType(parsing: name) }
            #expect(error?.code == .unsupportedType)
        }
    }
}
