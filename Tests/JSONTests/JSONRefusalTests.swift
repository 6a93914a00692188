import Bytes
import JSON
import Testing

/// What is no JSON is refused, whether it is read or skipped.
@Suite struct JSONRefusalTests {
    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#,
        "{a:1}",
        "{'a':1}", #"{1:1}"#, "1 2", "[1 2]", #"{"a":1 "b":2}"#, "]", "}", "[}", "{]", "nul", "nulL", "truex", "True",
        "NaN", "Infinity", "-Infinity", "+1", "01", "-01", "-", ".5", "1.", "1.e1", "1e", "1e+", "0x1", "1_0", "--1",
        "1.1.1",
        #""a"#, #"""#, #""\"#, #""\""#, #""\x""#, #""\u12""#, #""\u123g""#, #""\u 123""#, #""\U0041""#, "\"\t\"",
        "\"\n\"",
        "\"\0\"", "\"\u{1f}\"", "\u{a0}1", "1\u{c}", "//c\n1", "/**/1", "1,", "[1]]", "{}{}", "\u{feff}1",
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#, #""\ud8"#,
        #"{"k\ucc""#, #"{"k\ud800\u1""#, #"{"k\"#,
    ]) func `refuses`(json: String) { expectRefusal(Array(json.utf8)) }

    @Test(
        arguments: [
            [0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xc2], [0xe0, 0x80, 0xaf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
            [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc3, 0x28],
            [0xf8, 0x88, 0x80, 0x80],
        ] as [[UInt8]]) func `refuses what is not UTF-8`(bytes: [UInt8])
    {
        for prefix in ["", "1234567", "漢"] {
            expectRefusal(Array("\"\(prefix)".utf8) + bytes + [UInt8(ascii: "\"")])
            expectRefusal(Array("\"\(prefix)".utf8) + bytes)
        }
    }

    private func expectRefusal(_ bytes: [UInt8], _ location: SourceLocation = #_sourceLocation) {
        let document = ByteSlice(bytes)
        #expect(throws: JSONError.self, sourceLocation: location) { try skipAll(document) }
        #expect(throws: JSONError.self, sourceLocation: location) { try readAll(document) }
    }

    @Test func `refuses what is cut anywhere`() throws {
        let document = ByteSlice(utf8: #"{"a":[1.5e3,"é\n\ud834\udd1e",true,null,{"b":false}],"漢":""}"#)
        try skipAll(document)
        try readAll(document)
        for length in 0..<document.count { expectRefusal(document.prefix(length).array) }
    }

    @Test func `bounds the depth`() throws {
        func nested(_ depth: Int) -> ByteSlice {
            ByteSlice(utf8: String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        }
        try skipAll(nested(64))
        try readAll(nested(64))
        for depth in [65, 100_000] {
            let error = #expect(throws: JSONError.self) { try skipAll(nested(depth)) }
            #expect(error?.code == .depth)
            #expect(throws: JSONError.self) { try readAll(nested(depth)) }
        }
        #expect(throws: JSONError.self) { try skipAll(ByteSlice(utf8: String(repeating: #"{"a":"#, count: 100_000))) }
    }

    @Test(arguments: [
        (#"{"a":{"b":[1,{"c":nope}]}}"#, "a.b[1].c: a JSON value must stand here (at byte 18)"),
        (#"{"a":1,"latency":"x"}"#, "latency: must be a number, not a string (at byte 17)"),
        (#"{"a":[1,2"#, "a[1]: the JSON ends too early (at byte 9)"), ("", "no JSON value (at byte 0)"),
        (#"{"a":"\ud800"}"#, "a: half a surrogate pair in a string (at byte 6)"),
        ("\u{feff}{}", "a byte-order mark must not stand before the JSON (at byte 0)"),
        (#"{"a":1 "b":2}"#, "a: a comma or } must follow the value (at byte 7)"),
        (#"{"a":01}"#, "a: a number must not begin with a zero before other digits (at byte 5)"),
        (#"{"a":1} x"#, "nothing may follow the JSON value (at byte 8)"),
        ("[]", "must be an object, not an array (at byte 0)"),
    ]) func `says what is wrong, where, and in which field`(json: String, message: String) {
        let document = ByteSlice(utf8: json)
        var reader = JSONReader(document.span)
        do {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if key.is("latency") { _ = try reader.readDouble() } else { try reader.skip() }
            }
            try reader.finish()
            Issue.record("read what is no JSON")
        } catch { #expect(error.description == message) }
    }
}

/// Validates a document without reading its values.
func skipAll(_ document: ByteSlice) throws(JSONError) {
    var reader = JSONReader(document.span)
    try reader.skip()
    try reader.finish()
}

/// Reads every value of a document.
func readAll(_ document: ByteSlice) throws(JSONError) {
    var reader = JSONReader(document.span)
    try readValue(&reader)
    try reader.finish()
}

func readValue(_ reader: inout JSONReader) throws(JSONError) {
    switch try reader.peek() {
    case .object:
        try reader.beginObject()
        while let key = try reader.nextKey() {
            _ = key.text
            try readValue(&reader)
        }
    case .array:
        try reader.beginArray()
        while try reader.nextElement() { try readValue(&reader) }
    case .string: _ = try reader.readString().text
    case .number: _ = try reader.readDouble()
    case .bool: _ = try reader.readBool()
    case .null: _ = try reader.skipNull()
    }
}
