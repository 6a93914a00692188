import Bytes
import JSON

/// OTLP's JSON (opentelemetry.io, "JSON Protobuf Encoding"): ids in hexadecimal, 64-bit numbers as text or numbers, kinds
/// as numbers; unknown fields are passed over.
extension SpanRequest {
    init(json body: ByteSlice) throws(OTLPError) {
        self.init(encoding: .json)
        try decodingJSON { () throws(JSONError) in
            var reader = JSONReader(body.span, maximumDepth: 128)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if try reader.skipNull() { continue }
                guard key.is("resourceSpans") else {
                    try reader.skip()
                    continue
                }
                try reader.beginArray()
                while try reader.nextElement() { try readResource(&reader) }
            }
            try reader.finish()
        }
    }

    private mutating func readResource(_ reader: inout JSONReader) throws(JSONError) {
        let resource = services.count
        services.append(nil)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try reader.skipNull() { continue }
            if key.is("resource") {
                var attributes: [Attribute] = []
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if key.is("attributes") {
                        attributes = try [Attribute](&reader, depth: 0)
                    } else {
                        try reader.skip()
                    }
                }
                services[resource] = attributes["service.name"]?.nonEmptyText
            } else if key.is("scopeSpans") {
                try reader.beginArray()
                while try reader.nextElement() {
                    try reader.beginObject()
                    while let key = try reader.nextKey() {
                        if try reader.skipNull() { continue }
                        guard key.is("spans") else {
                            try reader.skip()
                            continue
                        }
                        try reader.beginArray()
                        while try reader.nextElement() {
                            spans.append((resource, ByteSlice(copying: try reader.readRaw())))
                        }
                    }
                }
            } else {
                try reader.skip()
            }
        }
    }
}

/// Says what is wrong with JSON as what is wrong with the request.
private func decodingJSON(_ body: () throws(JSONError) -> Void) throws(OTLPError) {
    do throws(JSONError) { try body() } catch { throw OTLPError("\(error)") }
}

extension Span {
    init(json bytes: ByteSlice) throws(OTLPError) {
        self.init()
        try decodingJSON { () throws(JSONError) in
            var reader = JSONReader(bytes.span, maximumDepth: 128)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if try reader.skipNull() { continue }
                if key.is("traceId") {
                    traceID = try reader.readHexadecimal()
                } else if key.is("spanId") {
                    spanID = try reader.readHexadecimal()
                } else if key.is("parentSpanId") {
                    parentSpanID = try reader.readHexadecimal()
                } else if key.is("name") {
                    name = try reader.readString().utf8
                } else if key.is("startTimeUnixNano") {
                    start = UInt64(bitPattern: try reader.readInteger64())
                } else if key.is("endTimeUnixNano") {
                    end = UInt64(bitPattern: try reader.readInteger64())
                } else if key.is("attributes") {
                    attributes = try [Attribute](&reader, depth: 0)
                } else if key.is("events") {
                    try reader.beginArray()
                    while try reader.nextElement() { events.append(try Event(&reader)) }
                } else if key.is("status") {
                    try readStatus(&reader)
                } else {
                    try reader.skip()
                }
            }
            try reader.finish()
        }
    }

    private mutating func readStatus(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try reader.skipNull() { continue }
            if key.is("message") {
                statusMessage = try reader.readString().utf8
            } else if key.is("code") {
                if try reader.peek() == .string {
                    failed = try reader.readString().is("STATUS_CODE_ERROR")
                } else {
                    failed = try reader.readDouble() == 2
                }
            } else {
                try reader.skip()
            }
        }
    }
}

extension Span.Event {
    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try reader.skipNull() { continue }
            if key.is("name") {
                name = try reader.readString().utf8
            } else if key.is("attributes") {
                attributes = try [Attribute](&reader, depth: 0)
            } else {
                try reader.skip()
            }
        }
    }
}

extension [Attribute] {
    init(_ reader: inout JSONReader, depth: Int) throws(JSONError) {
        self.init()
        if try reader.skipNull() { return }
        try reader.beginArray()
        while try reader.nextElement() {
            var (key, value) = ("", AttributeValue.none)
            try reader.beginObject()
            while let name = try reader.nextKey() {
                if try reader.skipNull() { continue }
                if name.is("key") {
                    key = try reader.readString().text
                } else if name.is("value") {
                    value = try AttributeValue(&reader, depth: depth)
                } else {
                    try reader.skip()
                }
            }
            append(Attribute(key: key, value: value))
        }
    }
}

extension AttributeValue {
    init(_ reader: inout JSONReader, depth: Int) throws(JSONError) {
        guard depth < Self.deepest else {
            throw reader.failure(.depth, "an attribute is deeper than \(Self.deepest)", at: reader.position)
        }
        self = .none
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try reader.skipNull() { continue }
            if key.is("stringValue") {
                self = .text(try reader.readString().utf8)
            } else if key.is("boolValue") {
                self = .bool(try reader.readBool())
            } else if key.is("intValue") {
                self = .integer(try reader.readInteger64())
            } else if key.is("doubleValue") {
                if try reader.peek() == .string {
                    self = .double(Double(try reader.readString().text) ?? .nan)
                } else {
                    self = .double(try reader.readDouble())
                }
            } else if key.is("bytesValue") {
                let text = try reader.readString().utf8
                guard let bytes = Base64.decode(text) else {
                    throw reader.failure(.type, "bytesValue is no base64", at: reader.position)
                }
                self = .bytes(bytes)
            } else if key.is("arrayValue") {
                var values: [AttributeValue] = []
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if try reader.skipNull() { continue }
                    guard key.is("values") else {
                        try reader.skip()
                        continue
                    }
                    try reader.beginArray()
                    while try reader.nextElement() { values.append(try AttributeValue(&reader, depth: depth + 1)) }
                }
                self = .list(values)
            } else if key.is("kvlistValue") {
                var attributes: [Attribute] = []
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if key.is("values") {
                        attributes = try [Attribute](&reader, depth: depth + 1)
                    } else {
                        try reader.skip()
                    }
                }
                self = .map(attributes)
            } else {
                try reader.skip()
            }
        }
    }
}

extension JSONReader {
    /// Bytes as hexadecimal digits.
    fileprivate mutating func readHexadecimal() throws(JSONError) -> ByteSlice {
        let start = position
        let text = try readString().utf8
        guard text.count % 2 == 0 else { throw failure(.type, "an id is hexadecimal digits", at: start) }
        var writer = ByteWriter(capacity: text.count / 2)
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = text[index].hexadecimalValue, let low = text[index + 1].hexadecimalValue else {
                throw failure(.type, "an id is hexadecimal digits", at: start)
            }
            writer.writeByte(high << 4 | low)
        }
        return writer.finish()
    }

    /// A whole number of 64 bits, as a text or a number.
    fileprivate mutating func readInteger64() throws(JSONError) -> Int64 {
        let start = position
        if try peek() == .string {
            let text = try readString().text
            if let value = Int64(text) { return value }
            if let value = UInt64(text) { return Int64(bitPattern: value) }
        } else if let value = try readNumber().int64 {
            return value
        }
        throw failure(.type, "must be a whole number of 64 bits", at: start)
    }
}
