import Bytes
import ClickHouseClient
import ClickHouseProtocol
import Testing
import Transport

@Suite("Values of near types, into a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable))
struct NearTypesTests {
    /// Four rows of texts, in every form that a column may have.
    enum Form: String, CaseIterable, Sendable {
        case plain = "String"
        case nullable = "Nullable(String)"
        case low = "LowCardinality(String)"
        case lowNullable = "LowCardinality(Nullable(String))"

        var mayBeNull: Bool { self == .nullable || self == .lowNullable }

        /// The values; a `NULL` is among them where that may be.
        var data: ColumnData {
            switch self {
            case .plain: .string(["b", "", "a", "b"])
            case .nullable: .nullable(NullableColumn(nulls: [0, 0, 1, 0], values: .string(["b", "", "?", "b"])))
            case .low:
                .lowCardinality(LowCardinalityColumn(dictionary: .string(["", "a", "b"]), indexes: [2, 0, 1, 2]))
            case .lowNullable:
                .lowCardinality(
                    LowCardinalityColumn(dictionary: .string(["", "", "b"]), indexes: [2, 1, 0, 2], isNullable: true))
            }
        }

        var values: [String?] { mayBeNull ? ["b", "", nil, "b"] : ["b", "", "a", "b"] }
    }

    /// What may stand around the values.
    enum Wrapping: CaseIterable, Sendable {
        case none, array, tuple, map

        func type(_ inner: String) -> String {
            switch self {
            case .none: inner
            case .array: "Array(\(inner))"
            case .tuple: "Tuple(a \(inner), b UInt8)"
            case .map: "Map(UInt8, \(inner))"
            }
        }

        func data(_ inner: ColumnData) -> ColumnData {
            switch self {
            case .none: inner
            case .array: .array(ArrayColumn(ends: [1, 2, 3, 4], values: inner))
            case .tuple: .tuple(TupleColumn([inner, .uint8([0, 1, 2, 3])]))
            case .map:
                .array(ArrayColumn(ends: [1, 2, 3, 4], values: .tuple(TupleColumn([.uint8([0, 1, 2, 3]), inner]))))
            }
        }

        /// The expression that gives the value again.
        func value(_ column: String, row: String) -> String {
            switch self {
            case .none: column
            case .array: "\(column)[1]"
            case .tuple: "\(column).a"
            case .map: "\(column)[toUInt8(\(row))]"
            }
        }
    }

    struct Row: Decodable { let value: String? }

    @Test(
        "Whatever is offered to whatever column: it arrives exactly, or is refused before it is sent",
        arguments: [Revision.clickHouse243, .newest], Wrapping.allCases)
    func everyPair(revision: Revision, wrapping: Wrapping) async throws {
        try await LiveServer.withClient {
            $0.revision = revision
        } _: { client in
            for table in Form.allCases {
                for offered in Form.allCases {
                    let name = "near_\(UInt64.random(in: 0 ... .max))"
                    try await client.execute(
                        ClickHouseQuery(
                            unescaped:
                                "CREATE TABLE \(name) (n UInt8, v \(wrapping.type(table.rawValue))) ENGINE = Memory"))
                    let block = try Block([
                        Column(name: "n", type: .uint8, data: .uint8([0, 1, 2, 3])),
                        Column(
                            name: "v", type: try ColumnType(parsing: wrapping.type(offered.rawValue)),
                            data: wrapping.data(offered.data)),
                    ])
                    let options = ClickHouseQuery("", deadline: .after(.seconds(20)))
                    if offered.mayBeNull, !table.mayBeNull {
                        let error = await #expect(throws: ClickHouseError.self, "\(offered) into \(table)") {
                            try await client.insert(into: name, block, options: options)
                        }
                        #expect(error?.code == .mismatch)
                        #expect(error?.message.contains("column `v`") == true)
                        #expect(error?.message.contains(offered.rawValue) == true)
                        #expect(
                            error?.message.hasSuffix("values do not fit the type \(wrapping.type(table.rawValue))")
                                == true)
                        continue
                    }
                    do {
                        try await client.insert(into: name, block, options: options)
                    } catch {
                        Issue.record("\(wrapping): \(offered) into \(table): \(error)")
                        continue
                    }
                    let rows = try await client.rows(
                        ClickHouseQuery(
                            unescaped: "SELECT \(wrapping.value("v", row: "n")) AS value FROM \(name) ORDER BY n"),
                        as: Row.self)
                    #expect(rows.map(\.value) == offered.values, "\(wrapping): \(offered) into \(table)")
                }
            }
        }
    }

    @Test("Times, decimals and enums of another unit, scale or meaning are refused before anything is sent")
    func otherMeaning() async throws {
        try await LiveServer.withClient { client in
            let pairs: [(table: String, offered: String, data: ColumnData)] = [
                ("DateTime64(6, 'UTC')", "DateTime64(3, 'UTC')", .int64([1])),
                ("Decimal(9, 2)", "Decimal(9, 4)", .int32([1])),
                ("Array(Decimal(18, 2))", "Array(Decimal(18, 3))", .array(ArrayColumn(ends: [1], values: .int64([1])))),
                ("Enum8('a' = 1, 'b' = 2)", "Enum8('a' = 2, 'b' = 1)", .int8([1])),
                ("Nullable(DateTime64(0))", "DateTime64(9)", .int64([1])), ("IPv4", "DateTime", .uint32([1])),
            ]
            for pair in pairs {
                let name = "meaning_\(UInt64.random(in: 0 ... .max))"
                try await client.execute(
                    ClickHouseQuery(unescaped: "CREATE TABLE \(name) (v \(pair.table)) ENGINE = Memory"))
                let offered = try ColumnType(parsing: pair.offered)
                let block = try Block([Column(name: "v", type: offered, data: pair.data)])
                let error = await #expect(throws: ClickHouseError.self, "\(pair)") {
                    try await client.insert(into: name, block)
                }
                #expect(error?.code == .mismatch)
                #expect(
                    error?.message
                        == "column `v`: \(offered.name) values mean something else in the type \(pair.table)")
            }
            // Plain numbers mean what the column takes them for, and time zones are only for showing.
            try await client.execute(
                "CREATE TABLE numbers_for_times (t DateTime64(6, 'UTC'), e Enum8('a' = 1)) ENGINE = Memory")
            try await client.insert(
                into: "numbers_for_times",
                try Block([
                    Column(name: "t", type: .dateTime64(precision: 6, timeZone: "Europe/Berlin"), data: .int64([5])),
                    Column(name: "e", type: .int8, data: .int8([1])),
                ]))
        }
    }
}
