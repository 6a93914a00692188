import Bytes
import JSON

/// What a document holds, in a form that is easily made in Python: strings as their UTF-8 in hexadecimal, numbers as the
/// bits of the nearest Double and Float. Or `refused` and why.
func answerJSON(_ document: ByteSlice) -> String {
    var description = ""
    var failure: JSONError?
    do {
        var reader = JSONReader(document.span, maximumDepth: 500)
        try describe(&reader, &description)
        try reader.finish()
    } catch { failure = error }
    // Skipping is another way through the same grammar.
    var skipFailure: JSONError?
    do {
        var reader = JSONReader(document.span, maximumDepth: 500)
        try reader.skip()
        try reader.finish()
    } catch { skipFailure = error }
    if (failure == nil) != (skipFailure == nil) {
        return "reading and skipping differ: \(failure as Any) \(skipFailure as Any)"
    }
    if let failure { return "refused \(failure.code)" }
    return "ok " + description
}

private func describe(_ reader: inout JSONReader, _ text: inout String) throws(JSONError) {
    switch try reader.peek() {
    case .object:
        try reader.beginObject()
        text += "{"
        while let key = try reader.nextKey() {
            text += hexadecimal(key.utf8) + ":"
            try describe(&reader, &text)
            text += ","
        }
        text += "}"
    case .array:
        try reader.beginArray()
        text += "["
        while try reader.nextElement() {
            try describe(&reader, &text)
            text += ","
        }
        text += "]"
    case .string: text += "\"" + hexadecimal(try reader.readString().utf8)
    case .number:
        let number = try reader.readNumber()
        text += String(number.double.bitPattern, radix: 16) + "/" + String(number.float.bitPattern, radix: 16)
    case .bool: text += try reader.readBool() ? "true" : "false"
    case .null: text += try reader.skipNull() ? "null" : ""
    }
}

func hexadecimal(_ bytes: ByteSlice) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.array.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
