import Bytes
import JSON
import Testing

@Suite struct JSONWriterTests {
    private func write(_ body: (inout JSONWriter, inout ByteWriter) -> Void) -> String? {
        var json = JSONWriter()
        var out = ByteWriter()
        body(&json, &out)
        return out.finish().utf8
    }

    @Test func `puts the commas`() {
        let text = write { json, out in
            json.beginObject(&out)
            json.key("id", &out)
            json.string("x", &out)
            json.key("list", &out)
            json.beginArray(&out)
            json.integer(1, &out)
            json.beginArray(&out)
            json.endArray(&out)
            json.beginObject(&out)
            json.endObject(&out)
            json.bool(true, &out)
            json.null(&out)
            json.raw(ByteSlice(utf8: "[2]").span, &out)
            json.endArray(&out)
            json.key(#"a"b"#, &out)
            json.number(0.5, &out)
            json.endObject(&out)
        }
        #expect(text == #"{"id":"x","list":[1,[],{},true,null,[2]],"a\"b":0.5}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("a", #""a""#), ("\"\\/", #""\"\\/""#), ("\u{8}\t\n\u{c}\r", #""\b\t\n\f\r""#),
        ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""), ("é𝄞\u{2028}", "\"é𝄞\u{2028}\""),
        ("0123456789\"0123456789", #""0123456789\"0123456789""#),
    ]) func `escapes what must be escaped`(text: String, json: String) {
        #expect(write { $0.string(text, &$1) } == json)
        #expect(write { $0.string(ByteSlice(utf8: text), &$1) } == json)
    }

    @Test func `makes valid text of what is not UTF-8`() {
        let bytes: ByteSlice = [0x61, 0xff, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80]
        #expect(write { $0.string(bytes, &$1) } == "\"a\u{fffd}\u{fffd}\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\"")
    }

    @Test func `writes integers`() {
        #expect(write { $0.integer(Int64.min, &$1) } == "-9223372036854775808")
        #expect(write { $0.integer(UInt64.max, &$1) } == "18446744073709551615")
        #expect(write { $0.integer(0, &$1) } == "0")
        #expect(write { $0.integer(Int8(-128), &$1) } == "-128")
        #expect(write { $0.integer(1000, &$1) } == "1000")
        #expect(write { $0.integer(999, &$1) } == "999")
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (100.0, "100"), (0.1, "0.1"), (-2.5, "-2.5"), (1e22, "1e+22"),
        (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"), (.nan, "null"), (.infinity, "null"),
        (123456789.125, "123456789.125"),
    ]) func `writes the shortest number that reads back the same`(value: Double, json: String) throws {
        let text = write { $0.number(value, &$1) }
        #expect(text == json)
        guard value.isFinite else { return }
        let document = ByteSlice(utf8: json)
        var reader = JSONReader(document.span)
        let back = try reader.readDouble()
        #expect(back.bitPattern == value.bitPattern)
    }

    @Test func `reads back every kind of float`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let double = Double(bitPattern: generator.next())
            let float = Float(bitPattern: generator.next())
            guard double.isFinite, float.isFinite else { continue }
            var out = ByteWriter()
            out.writeJSONNumber(double)
            out.writeByte(UInt8(ascii: " "))
            let split = out.count
            out.writeJSONNumber(float)
            let text = out.finish()
            var first = JSONReader(text.prefix(split).span)
            var second = JSONReader(text.suffix(from: split).span)
            let (doubleBack, floatBack) = (try first.readDouble(), try second.readFloat())
            #expect(doubleBack == double && floatBack == float, "\(text)")
        }
    }
}
