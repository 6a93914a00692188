import Bytes
import JSON
import Testing

@Suite struct JSONReaderTests {
    @Test func `finds fields without making a tree`() throws {
        let body = ByteSlice(
            utf8: #" {"id": "a", "tags" : [ 1, [2], {"deep": [true]}], "ok":true, "none":null, "latency": 12.5e0} "#)
        var reader = JSONReader(body.span)
        var id = ""
        var latency = 0.0
        var ok = false
        var tags = 0
        var isNull = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if key.is("id") {
                id = try reader.readString().text
            } else if key.is("latency") {
                latency = try reader.readDouble()
            } else if key.is("ok") {
                ok = try reader.readBool()
            } else if key.is("none") {
                isNull = try reader.skipNull()
            } else {
                try reader.beginArray()
                while try reader.nextElement() {
                    try reader.skip()
                    tags += 1
                }
            }
        }
        try reader.finish()
        #expect(id == "a" && latency == 12.5 && ok && tags == 3 && isNull)
    }

    @Test func `gives a value's text as it stands`() throws {
        let body = ByteSlice(utf8: #"[ {"a" : [1, "\n"]} , -1.50E+2 ,"x\"y"]"#)
        var reader = JSONReader(body.span)
        var texts: [String?] = []
        try reader.beginArray()
        while try reader.nextElement() { texts.append(String(validating: try reader.readRaw())) }
        #expect(texts == [#"{"a" : [1, "\n"]}"#, "-1.50E+2", #""x\"y""#])
    }

    @Test func `knows a key by its text however it is written`() throws {
        let body = ByteSlice(utf8: #"{"\u0069d":1}"#)
        var reader = JSONReader(body.span)
        try reader.beginObject()
        let isID = try reader.nextKey()?.is("id")
        #expect(isID == true)
    }

    @Test(arguments: [
        (#""""#, ""), (#""a b""#, "a b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#""\u00e9\u0000""#, "é\0"),
        (#""\uD834\uDd1e""#, "𝄞"), (#""0123456789é𝄞漢""#, "0123456789é𝄞漢"), ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"),
        (#""\uffff\ufeff""#, "\u{ffff}\u{feff}"),
    ]) func `decodes strings`(json: String, text: String) throws {
        let body = ByteSlice(utf8: json)
        var reader = JSONReader(body.span)
        let string = try reader.readString()
        let decoded = string.text
        let utf8 = string.utf8
        #expect(decoded == text)
        #expect(utf8 == ByteSlice(utf8: text))
        try reader.finish()
    }

    @Test(arguments: [
        ("0", 0), ("-0", -0.0), ("1", 1), ("-12.5", -12.5), ("1E2", 100), ("1e+2", 100),
        ("5e-324", .leastNonzeroMagnitude),
        ("2.4703282292062327e-324", 0), ("2.4703282292062328e-324", .leastNonzeroMagnitude),
        ("1.7976931348623157e308", .greatestFiniteMagnitude),
        ("1e309", .infinity), ("-1e400", -.infinity), ("1e-400", 0), ("0.1", 0.1),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("9007199254740993", 9_007_199_254_740_992), ("9007199254740993.00000000000000000001", 9_007_199_254_740_994),
        ("2.2250738585072011e-308", Double(bitPattern: 0xf_ffff_ffff_ffff)), ("0e999999999999999999999", 0),
        ("1e-999999999999999999999", 0),
        ("1e999999999999999999999", .infinity),
    ]) func `takes numbers as the nearest Double`(json: String, value: Double) throws {
        let body = ByteSlice(utf8: json)
        var reader = JSONReader(body.span)
        let number = try reader.readDouble()
        try reader.finish()
        #expect(number.bitPattern == value.bitPattern)
    }

    @Test(arguments: [
        // 1 + 2^-24 and 1 + 3 * 2^-24, half way between two floats, with all their digits; then as most languages print
        // these doubles, which is a little more and a little less; then the doubles beside them.
        ("1.000000059604644775390625", 0x3f80_0000), ("1.000000178813934326171875", 0x3f80_0002),
        ("1.0000000596046448", 0x3f80_0000), ("1.0000001788139343", 0x3f80_0002),
        ("1.000000059604645", 0x3f80_0001), ("1.0000001788139341", 0x3f80_0001), ("16777217", 0x4b80_0000),
        ("16777219", 0x4b80_0002),
        // Half way from the largest to what would be the next.
        ("340282356779733661637539395458142568448", 0x7f80_0000),
        ("3.4028235677973362e38", 0x7f7f_ffff),
    ]) func `rounds ties to the even Float`(json: String, bits: UInt32) throws {
        let body = ByteSlice(utf8: json)
        var reader = JSONReader(body.span)
        let number = try reader.readNumber().float
        #expect(number.bitPattern == bits)
    }

    @Test func `rounds half of the smallest Float to zero`() throws {
        // 2^-150, then the double behind it, then 3 * 2^-150: half way to the next.
        let half =
            "7006492321624085354618647916449580656401309709382578858785341419448955413429303007433"
            + "19094181060791015625"
        let third =
            "2101947696487225606385594374934874196920392912814773657635602425834686624028790902229"
            + "957282543182373046875"
        let cases: [(String, UInt32)] = [("\(half)e-150", 0), ("7.006492321624087e-46", 1), ("\(third)e-150", 2)]
        for (json, bits) in cases {
            let body = ByteSlice(utf8: json)
            var reader = JSONReader(body.span)
            let number = try reader.readNumber().float
            #expect(number.bitPattern == bits, "\(json)")
        }
    }

    @Test func `takes thousands of digits into account`() throws {
        let zeros = String(repeating: "0", count: 5_000)
        for (json, value) in [
            ("0.\(zeros)1e5001", 1.0), ("1\(zeros)e-5000", 1.0), ("9007199254740993.\(zeros)", 9_007_199_254_740_992),
            ("9007199254740993.\(zeros)1", 9_007_199_254_740_994),
        ] {
            let body = ByteSlice(utf8: json)
            var reader = JSONReader(body.span)
            let number = try reader.readDouble()
            #expect(number == value)
        }
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max as Int64?), ("-9223372036854775808", Int64.min), ("9223372036854775808", nil),
        ("-9223372036854775809", nil), ("18446744073709551616", nil), ("10000000000000000000", nil), ("1.0", nil),
        ("1e2", nil),
        ("-0", 0),
    ]) func `gives integers that fit`(json: String, value: Int64?) throws {
        let body = ByteSlice(utf8: json)
        var reader = JSONReader(body.span)
        let integer = try reader.readNumber().int64
        #expect(integer == value)
    }
}
