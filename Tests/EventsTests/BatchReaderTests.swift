import Bytes
import JSON
import TestSupport
import Testing

@testable import Events

@Suite struct BatchReaderTests {
    /// The items' texts, or what is wrong with the body.
    static func items(_ body: ByteSlice, maximum: Int = 1000) -> Result<[ByteSlice], EventError> {
        Result { () throws(EventError) in
            var reader = try BatchReader(body, maximumItems: maximum)
            var items: [ByteSlice] = []
            while let item = try reader.next() { items.append(body.slice(item)) }
            return items
        }
    }

    static func read(_ body: String, maximum: Int = 1000) -> [String] {
        switch items(ByteSlice(utf8: body), maximum: maximum) {
        case .success(let items): items.map { $0.utf8 ?? "no text" }
        case .failure(let error): [error.description]
        }
    }

    @Test(arguments: [
        (#"[{"a":1},{"b":2}]"#, [#"{"a":1}"#, #"{"b":2}"#]),
        (" \r\n\t[ 1 , \"]\" ,[[]],\n{\"[\":\"\\\"]\"} ] \r\n", ["1", "\"]\"", "[[]]", #"{"[":"\"]"}"#]),
        (#"[null,true,-1.5e3,"",{},[]]"#, ["null", "true", "-1.5e3", #""""#, "{}", "[]"]),
        ("{\"a\":1}\n{\"b\":2}\n", [#"{"a":1}"#, #"{"b":2}"#]),
        ("\r\n \t{\"a\":1} \r\n\r\n\n  \n{\"b\" : 2}", [#"{"a":1}"#, #"{"b" : 2}"#]),
        ("{\"a\":\n1}", [#"{"a":"#, "1}"]), ("x\n[1]\n,", ["x", "[1]", ","]), ("5", ["5"]), ("\u{0}", ["\u{0}"]),
        ("{\"a\":\"\\n\"}{\"b\":1}\n", [#"{"a":"\n"}{"b":1}"#]),
    ])
    func `the first byte that is no white space tells whether it is an array or lines`(body: String, items: [String]) {
        #expect(Self.read(body) == items)
    }

    @Test(arguments: [
        ("", "body: holds no items"), (" \r\n\t\n", "body: holds no items"), ("[]", "body: holds no items"),
        (" [ \n ] \n", "body: holds no items"),
        ("[", "body: the JSON ends too early (at byte 1)"), ("[1", "body: the JSON ends too early (at byte 2)"),
        ("[1,", "body: the JSON ends too early (at byte 3)"),
        ("[1,]", "body: a comma must not stand before the closing bracket (at byte 3)"),
        ("[1 2]", "body: a comma or ] must follow the value (at byte 3)"),
        ("[,1]", "body: a JSON value must stand here (at byte 1)"),
        ("[1]]", "body: nothing may follow the JSON value (at byte 3)"),
        ("[1] [2]", "body: nothing may follow the JSON value (at byte 4)"),
        ("[1]\n{}", "body: nothing may follow the JSON value (at byte 4)"),
        (#"[{"a":1},{"b":}]"#, "body: a JSON value must stand here (at byte 14)"),
        (#"[{"a":{"b":[1,{"c":tru}]}}]"#, "body: a JSON value must stand here (at byte 19)"),
        (#"[{"a":1,}]"#, "body: a key must be a string in double quotes (at byte 8)"),
        (#"[{"a" 1}]"#, "body: a colon must follow the key (at byte 6)"),
        (#"[[1}]"#, "body: a comma or ] must follow the value (at byte 3)"),
        ("[\"a\nb\"]", "body: a control character must be escaped in a string (at byte 3)"),
        (#"["\x"]"#, "body: no such escape in a string (at byte 2)"),
        (#"["\u12g4"]"#, "body: four hexadecimal digits must follow \\u (at byte 2)"),
        (#"["\ud800\u12g4"]"#, "body: four hexadecimal digits must follow \\u (at byte 8)"),
        ("[NaN]", "body: a JSON value must stand here (at byte 1)"),
        ("\u{feff}[1]", "body: a byte-order mark must not stand before the JSON (at byte 0)"),
        ("\u{feff}{}\n{}", "body: a byte-order mark must not stand before the JSON (at byte 0)"),
    ])
    func `an array that is no JSON is refused, with the byte; a body without items too`(body: String, message: String) {
        #expect(Self.read(body).last == message)
    }

    @Test func `text that is none is the item's matter`() {
        for bytes in [[0xff], [0xc3], [0xed, 0xa0, 0x80], Array(#"\ud800"#.utf8), Array(#"\ud800\n"#.utf8)] as [[UInt8]]
        {
            for (before, after) in [(#"{"a":""#, #""}"#), (#"{""#, #"":1}"#)] {
                let item = Array(before.utf8) + bytes + Array(after.utf8)
                let body = ByteSlice(Array("[1,".utf8) + item + Array(",2]".utf8))
                #expect(
                    Self.items(body) == .success([ByteSlice(utf8: "1"), ByteSlice(item), ByteSlice(utf8: "2")]))
            }
        }
        // Outside of strings it is no JSON.
        #expect(Self.items(ByteSlice([0x5b, 0xff, 0x5d])).failure?.description.hasSuffix("(at byte 1)") == true)
    }

    @Test func `there may be as many items as there may be, and none more`() {
        #expect(Self.read("[1,2,3]", maximum: 3).count == 3)
        #expect(Self.read("[1,2,3,4]", maximum: 3) == ["body: holds more than 3 items"])
        #expect(Self.read("1\n\n2\n3\n", maximum: 3).count == 3)
        #expect(Self.read("1\n2\n3\n\n4", maximum: 3) == ["body: holds more than 3 items"])
        #expect(Self.items(ByteSlice(utf8: "[1,2]"), maximum: 1).failure?.code == .tooMany)
    }

    @Test func `depth takes a bit a bracket`() {
        let depth = 1_000_000
        for (opening, closing) in [("[", "]"), (#"{"":"#, "}")] {
            let deep =
                String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
            let items = Self.read("[\(deep),2]")
            #expect(items.count == 2)
            #expect(items.first?.utf8.count == deep.utf8.count)
            let cut = Self.read("[\(deep.dropLast())")
            #expect(cut == ["body: the JSON ends too early (at byte \(deep.utf8.count))"])
        }
    }

    // MARK: Against the strict reader

    /// Any JSON value, with white space, brackets and escapes in its strings.
    private static func value(_ depth: Int, _ random: inout SeededRandom) -> String {
        func space() -> String { ["", "", "", " ", "\n", "\r\n\t"].randomElement(using: &random) ?? "" }
        func string() -> String {
            let pieces = [
                "a", "[", "]", "{", "}", ",", ":", #"\""#, #"\\"#, #"\u005d"#, #"\ud83d\ude00"#, "é", "😀", " ",
            ]
            let count = Int.random(in: 0...6, using: &random)
            return "\"" + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() + "\""
        }
        switch Int.random(in: 0...(depth > 0 ? 7 : 4), using: &random) {
        case 0: return ["0", "-1", "1.5", "2e-3", "-0.1E+7"].randomElement(using: &random) ?? ""
        case 1: return ["true", "false", "null"].randomElement(using: &random) ?? ""
        case 2, 3, 4: return string()
        case 5:
            let values = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                space() + value(depth - 1, &random) + space()
            }
            return "[" + (values.isEmpty ? space() : values.joined(separator: ",")) + "]"
        default:
            let values = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                space() + string() + space() + ":" + space() + value(depth - 1, &random) + space()
            }
            return "{" + (values.isEmpty ? space() : values.joined(separator: ",")) + "}"
        }
    }

    /// What the strict reader says of an array.
    private static func strict(_ body: ByteSlice) -> Result<[ByteSlice], JSONError> {
        Result { () throws(JSONError) in
            var reader = JSONReader(body.span, maximumDepth: 512)
            var items: [ByteSlice] = []
            try reader.beginArray()
            while try reader.nextElement() { items.append(ByteSlice(copying: try reader.readRaw())) }
            try reader.finish()
            return items
        }
    }

    @Test func `an array is what the strict reader takes it for, whole and damaged`() {
        var random = SeededRandom(7)
        for _ in 0..<4_000 {
            let items = (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.value(4, &random) }
            let whole = Array("[\(items.joined(separator: " ,\n"))]".utf8)
            #expect(Self.items(ByteSlice(whole)) == .success(items.map { ByteSlice(utf8: $0) }))
            var damaged = whole
            let place = Int.random(in: 1..<whole.count, using: &random)
            switch Int.random(in: 0...3, using: &random) {
            case 0: damaged.removeSubrange(place...)
            case 1: damaged.remove(at: place)
            case 2: damaged[place] = UInt8.random(in: 0...255, using: &random)
            default: damaged.insert(Array(#"[]{},:"\0 e"#.utf8).randomElement(using: &random) ?? 0, at: place)
            }
            let body = ByteSlice(damaged)
            switch (Self.strict(body), Self.items(body)) {
            case (.success(let expected), let got):
                #expect(
                    got
                        == (expected.isEmpty
                            ? .failure(EventError(.empty, "body", "holds no items")) : .success(expected)))
            // What it refuses for the text in it is either taken here, or no JSON further on.
            case (.failure(let error), _) where error.code == .encoding: break
            case (.failure(let error), let got):
                #expect(got.failure?.message.hasSuffix("(at byte \(error.position))") == true, "\(body)")
            }
        }
    }

    @Test func `lines are what is between line feeds, whatever is in them`() {
        var random = SeededRandom(11)
        let bytes = Array("{}[]\"\\,: a\r\n\n\t".utf8) + [0xff]
        for _ in 0..<4_000 {
            let body =
                [UInt8(ascii: "{")]
                + (0..<Int.random(in: 0...40, using: &random)).map { _ in bytes.randomElement(using: &random) ?? 0 }
            let space = Set(" \r\t".utf8)
            let lines = body.split(separator: UInt8(ascii: "\n")).compactMap { line -> ByteSlice? in
                let rest = line.drop { space.contains($0) }.reversed().drop { space.contains($0) }.reversed()
                return rest.isEmpty ? nil : ByteSlice(Array(rest))
            }
            #expect(Self.items(ByteSlice(body)) == .success(lines))
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
