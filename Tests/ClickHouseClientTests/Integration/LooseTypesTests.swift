import ClickHouseClient
import ClickHouseProtocol
import Testing

@Suite(
    "Values of loose types as rows, out of a real server", .enabled(if: LiveServer.isAvailable, LiveServer.notAvailable)
)
struct LooseTypesTests {
    struct Row: Decodable, Equatable {
        struct Object: Decodable, Equatable {
            struct Inner: Decodable, Equatable {
                let c: String
                let d: [Int?]?
            }

            let a: Int
            let b: Inner?
        }

        let variant: String?
        let dynamic: Int
        let json: Object
        let vector: [Float]
        let geometry: [Double]
    }

    @Test("Variant, Dynamic, JSON, QBit and Geometry are read as what the values are")
    func read() async throws {
        try await LiveServer.withClient { client in
            let rows = try await client.rows(
                ClickHouseQuery(
                    unescaped:
                        "SELECT number = 0 ? NULL : 'v'::Variant(String, UInt64) AS variant, number::Dynamic AS dynamic, "
                        + #"(number = 0 ? '{"a":1}' : '{"a":2,"b":{"c":"x","d":[1,null]}}')::JSON AS json, "#
                        + "[1.5, number]::QBit(Float32, 2) AS vector, ((number, 2.5)::Point)::Geometry AS geometry "
                        + "FROM numbers(2)"), as: Row.self)
            #expect(
                rows == [
                    Row(
                        variant: nil, dynamic: 0, json: .init(a: 1, b: nil), vector: [1.5, 0], geometry: [0, 2.5]),
                    Row(
                        variant: "v", dynamic: 1, json: .init(a: 2, b: .init(c: "x", d: [1, nil])), vector: [1.5, 1],
                        geometry: [1, 2.5]),
                ])
        }
    }

    struct Document: Codable, Equatable {
        let id: Int
        let json: String
    }

    @Test("JSON is written as text, and read as text where that is asked for")
    func text() async throws {
        try await LiveServer.withClient { client in
            try await client.execute("CREATE TABLE documents (id UInt32, json JSON) ENGINE = Memory")
            let documents = [Document(id: 1, json: #"{"a":1,"b":{"c":"é"}}"#), Document(id: 2, json: "{}")]
            try await client.insert(into: "documents", documents)
            let asText = Setting("output_format_native_write_json_as_string", "1")
            #expect(
                try await client.rows(
                    ClickHouseQuery(unescaped: "SELECT * FROM documents ORDER BY id", settings: [asText]),
                    as: Document.self)
                    == documents)
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.rows(ClickHouseQuery(unescaped: "SELECT * FROM documents"), as: Document.self)
            }
            #expect(error?.message.contains("output_format_native_write_json_as_string") == true)
        }
    }

    @Test("A state whose end is not known is refused by its type, and the client goes on")
    func unknownState() async throws {
        try await LiveServer.withClient { client in
            let error = await #expect(throws: ClickHouseError.self) {
                try await client.blocks("SELECT uniqState(number) AS u FROM numbers(3)")
            }
            #expect(error?.message.contains("AggregateFunction(uniq, UInt64)") == true)
            let one = try await client.rows("SELECT 1", as: Int.self)
            #expect(one == [1])
        }
    }
}
