import ClickHouseClient
import ClickHouseProtocol
import Foundation
import Testing
import Transport

@Suite("Values in a query's text, against a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct ParameterTests {
    /// What a value comes back as, in hexadecimal digits or in ClickHouse's own text.
    private func text(_ query: ClickHouseQuery, _ client: ClickHouseClient) async throws -> String {
        try #require(try await client.rows(query, as: String.self).first)
    }

    /// Texts of all that might be taken for something else: every control character and sign, and what has several bytes.
    static let texts: [String] =
        (0..<128).map { String(UnicodeScalar(UInt8($0))) }
        + [
            "", "'", "\\", "\\'", "''", "\\\\n", "\\N", "NULL", "null", "\\0x", "a\tb\nc\rd\0e\u{8}f\u{c}g\u{b}h\u{7f}",
            "} {p1:String} {", "'; DROP TABLE x; --", "\\x41\\u0041", "ünï", "日本語", "👩‍👩‍👧‍👦", "\u{feff}bom",
            "\u{85}\u{2028}",
            String(repeating: "\\'\t", count: 20_000),
            String(String.UnicodeScalarView((0..<128).map { UnicodeScalar(UInt8($0)) })),
        ]

    @Test("A text arrives byte by byte, alone, optional, in an array, and in an array of arrays")
    func texts() async throws {
        try await LiveServer.withClient { client in
            for text in Self.texts {
                let hexadecimal = text.utf8.map { String(format: "%02X", $0) }.joined()
                let optional: String? = text
                let queries: [ClickHouseQuery] = [
                    "SELECT hex(\(text))", "SELECT hex(assumeNotNull(\(optional)))", "SELECT hex(\([text, "x"])[1])",
                    "SELECT hex(\([[], [optional]])[2][1])",
                ]
                for query in queries {
                    let arrived = try await self.text(query, client)
                    #expect(arrived == hexadecimal)
                }
            }
        }
    }

    @Test("Each type of Swift becomes its type of ClickHouse, at its ends too")
    func types() async throws {
        enum Kind: String, ClickHouseParameter { case web = "w'eb" }
        let id = ClickHouseUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
        let none: Int? = nil
        try await LiveServer.withClient { client in
            func expect(_ query: ClickHouseQuery, _ type: String, _ value: String) async throws {
                var query = query
                query.text = "SELECT concat(toTypeName(v), ' ', toString(v)) FROM (SELECT \(query.text) AS v)"
                #expect(try await text(query, client) == "\(type) \(value)")
            }
            try await expect("\(Int8.min)", "Int8", "-128")
            try await expect("\(Int16.min)", "Int16", "-32768")
            try await expect("\(Int32.min)", "Int32", "-2147483648")
            try await expect("\(Int64.min)", "Int64", "-9223372036854775808")
            try await expect("\(Int.max)", "Int64", "9223372036854775807")
            try await expect("\(Int128.min)", "Int128", "\(Int128.min)")
            try await expect("\(UInt8.max)", "UInt8", "255")
            try await expect("\(UInt16.max)", "UInt16", "65535")
            try await expect("\(UInt32.max)", "UInt32", "4294967295")
            try await expect("\(UInt64.max)", "UInt64", "18446744073709551615")
            try await expect("\(UInt.max)", "UInt64", "18446744073709551615")
            try await expect("\(UInt128.max)", "UInt128", "\(UInt128.max)")
            try await expect("\(true)", "Bool", "true")
            try await expect("\(false)", "Bool", "false")
            try await expect("\("text"[...])", "String", "text")
            try await expect("\(id)", "UUID", id.description)
            try await expect("\(Kind.web)", "String", "w'eb")
            try await expect("\([1, 2, -3])", "Array(Int64)", "[1,2,-3]")
            try await expect("\([true, false])", "Array(Bool)", "[true,false]")
            try await expect("\([UInt128.max])", "Array(UInt128)", "[\(UInt128.max)]")
            try await expect("\([Double]())", "Array(Float64)", "[]")
            try await expect("\([[id]])", "Array(Array(UUID))", "[['\(id)']]")
            try await expect("\([none, 5])", "Array(Nullable(Int64))", "[NULL,5]")
            try await expect("ifNull(\(none), 7)", "Int64", "7")
            try await expect("\("2026-11-27", as: "Date") + \(1, as: "UInt8")", "Date", "2026-11-28")
        }
    }

    @Test("Numbers with a point arrive bit by bit")
    func numbers() async throws {
        var values: [Double] = [0, -0.0, 1, -1.5, .pi, 0.1, 1e-7, 1e22, 123456789.123456789, .infinity, -.infinity]
        values += [.greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, .ulpOfOne, 1e300]
        var random = SystemRandomNumberGenerator()
        while values.count < 300 {
            let value = Double(bitPattern: random.next())
            if value.isFinite { values.append(value) }
        }
        let floats = values.map { Float($0) } + [.leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, 16_777_216]
        let all = values
        try await LiveServer.withClient { client in
            let block = try #require(
                try await client.blocks("SELECT \(all), \(floats), \(Double.nan), \(Float.nan)").first)
            guard case .array(let doubles) = block.columns[0].data, case .float64(let read) = doubles.values,
                case .array(let singles) = block.columns[1].data, case .float32(let readSingles) = singles.values
            else {
                Issue.record("not arrays of numbers")
                return
            }
            #expect(read.map(\.bitPattern) == all.map(\.bitPattern))
            #expect(readSingles.map(\.bitPattern) == floats.map(\.bitPattern))
            guard case .float64(let nan) = block.columns[2].data, case .float32(let single) = block.columns[3].data
            else {
                return
            }
            #expect(nan[0].isNaN && single[0].isNaN)
            for value in all.prefix(40) {
                let one = try #require(try await client.blocks("SELECT \(value)").first)
                guard case .float64(let read) = one.columns[0].data else { continue }
                #expect(read.map(\.bitPattern) == [value.bitPattern])
            }
        }
    }

    @Test("Foundation's Date and UUID mean what they say; what ClickHouse has no time for is refused")
    func foundation() async throws {
        let id = UUID()
        let none: Date? = nil
        try await LiveServer.withClient { client in
            #expect(try await text("SELECT toString(\(id))", client) == id.uuidString.lowercased())
            #expect(try await text("SELECT toString(\([id])[1])", client) == id.uuidString.lowercased())
            for (seconds, expected) in [
                (1_704_067_200, "2024-01-01 00:00:00.000000"), (0, "1970-01-01 00:00:00.000000"),
                (-0.25, "1969-12-31 23:59:59.750000"), (1_795_782_600.123456, "2026-11-27 12:30:00.123456"),
                (-2_208_988_800, "1900-01-01 00:00:00.000000"), (10_413_791_999, "2299-12-31 23:59:59.000000"),
            ] {
                let date = Date(timeIntervalSince1970: seconds)
                #expect(try await text("SELECT toString(\(date))", client) == expected)
                let optional: Date? = date
                #expect(try await text("SELECT toString(assumeNotNull(\(optional)))", client) == expected)
                #expect(try await text("SELECT toString(\([date])[1])", client) == expected)
            }
            #expect(try await text("SELECT toTypeName(\(Date()))", client) == "DateTime64(6, 'UTC')")
            #expect(try await text("SELECT toString(isNull(\(none)))", client) == "1")
            for seconds in [-2_208_988_801, 10_413_792_000, Double.nan, .infinity, -.infinity] {
                let error = await #expect(throws: ClickHouseError.self) {
                    try await client.execute("SELECT \(Date(timeIntervalSince1970: seconds))")
                }
                #expect(error?.code == .mismatch)
            }
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.execute("SELECT \(Duration.seconds(1))")
            }
            #expect(error?.code == .mismatch)
            #expect(error?.message.contains("Duration") == true)
            try await client.ping()
        }
    }

    @Test("Names are taken as they are, whatever is in them; raw text is a part of the text")
    func identifiers() async throws {
        try await LiveServer.withClient { client in
            for name in [
                "plain", "two words", "quote'`\"s", "back\\slash", "tab\tand\nline", "日本", "a; DROP TABLE b", "select",
            ] {
                let table = "named \(name)"
                try await client.execute(
                    "CREATE TABLE \(identifier: table) (\(identifier: name) Int64) ENGINE = \(unescaped: "Memory")")
                try await client.insert(
                    into: table, try Block([Column(name: name, type: .int64, data: .int64([5, 7]))]))
                try await client.insert(
                    into: "default.\(table)", try Block([Column(name: name, type: .int64, data: .int64([9]))]))
                let rows = try await client.rows(
                    """
                    SELECT \(identifier: name) FROM \(identifier: "default").\(identifier: table)
                    WHERE \(identifier: name) > \(5) ORDER BY \(identifier: name)
                    """, as: Int.self)
                #expect(rows == [7, 9])
                let found = try await client.rows(
                    "SELECT count() FROM system.tables WHERE database = 'default' AND name = \(table)", as: Int.self)
                #expect(found == [1])
                try await client.execute("DROP TABLE \(identifier: table)")
            }
        }
    }

    @Test("The text of a literal names its parameters, and others stand beside them")
    func literal() {
        let query = ClickHouseQuery(
            "SELECT \(1), {mine:String}, \("a")", parameters: [QueryParameter("mine", .string("m"))],
            settings: [Setting("max_threads", "1")])
        #expect(query.text == "SELECT {p1:Int64}, {mine:String}, {p2:String}")
        #expect(query.parameters.map(\.name) == ["p1", "p2", "mine"])
        #expect(query.settings.map(\.name) == ["max_threads"])
        #expect(("SELECT 1" as ClickHouseQuery).parameters.isEmpty)
    }
}
