import Bytes
import CFuzzer
import JSON

/// Copies whatever is JSON value by value, then copies the copy: the second must be the first to the byte, and its
/// numbers the same. Skipping a document and reading it must agree on whether it is one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = ByteSlice(Array(UnsafeBufferPointer(start: start, count: count)))
    let skipped = skips(input)
    guard let copy = copied(input) else {
        precondition(!skipped, "what is skipped can be read")
        return 0
    }
    precondition(skipped, "what can be read is skipped")
    guard let again = copied(copy) else { preconditionFailure("what was written can be read") }
    precondition(copy == again, "writing what was read changes nothing")
    return 0
}

private func skips(_ bytes: ByteSlice) -> Bool {
    var reader = JSONReader(bytes.span)
    do throws(JSONError) {
        try reader.skip()
        try reader.finish()
        return true
    } catch { return false }
}

/// The document as this room writes it, or nil where it is none.
private func copied(_ bytes: ByteSlice) -> ByteSlice? {
    var reader = JSONReader(bytes.span)
    var writer = ByteWriter()
    var json = JSONWriter()
    do throws(JSONError) {
        try copyValue(&reader, &json, &writer)
        try reader.finish()
    } catch {
        precondition(error.position >= 0 && error.position <= bytes.count, "an error lies inside the document")
        return nil
    }
    return writer.finish()
}

private func copyValue(
    _ reader: inout JSONReader, _ json: inout JSONWriter, _ writer: inout ByteWriter
) throws(JSONError) {
    switch try reader.peek() {
    case .object:
        try reader.beginObject()
        json.beginObject(&writer)
        while let key = try reader.nextKey() {
            json.key(key.text, &writer)
            try copyValue(&reader, &json, &writer)
        }
        json.endObject(&writer)
    case .array:
        try reader.beginArray()
        json.beginArray(&writer)
        while try reader.nextElement() { try copyValue(&reader, &json, &writer) }
        json.endArray(&writer)
    case .string:
        json.string(try reader.readString().utf8, &writer)
    case .number:
        let number = try reader.readNumber()
        let double = number.double
        if double.isFinite, number.float.isFinite { json.number(double, &writer) } else { json.integer(0, &writer) }
    case .bool:
        json.bool(try reader.readBool(), &writer)
    case .null:
        _ = try reader.skipNull()
        json.null(&writer)
    }
}

@main
struct JSONFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0!, $1) }
    }
}
