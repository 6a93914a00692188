import Bytes

extension SpanRequest {
    init(protobuf body: ByteSlice) throws(OTLPError) {
        self.init(encoding: .protobuf)
        var request = ProtobufReader(body)
        while let (number, value) = try request.next() {
            guard number == 1 else { continue }
            let resource = services.count
            services.append(nil)
            var spans = ProtobufReader(try value.bytes)
            while let (number, value) = try spans.next() {
                switch number {
                case 1: services[resource] = try Self.service(try value.bytes)
                case 2:
                    var scope = ProtobufReader(try value.bytes)
                    while let (number, value) = try scope.next() {
                        if number == 2 { self.spans.append((resource, try value.bytes)) }
                    }
                default: break
                }
            }
        }
    }

    private static func service(_ resource: ByteSlice) throws(OTLPError) -> ByteSlice? {
        var attributes: [Attribute] = []
        var reader = ProtobufReader(resource)
        while let (number, value) = try reader.next() {
            if number == 1 { attributes.append(try Attribute(protobuf: try value.bytes, depth: 0)) }
        }
        return attributes["service.name"]?.nonEmptyText
    }
}

extension Span {
    init(protobuf bytes: ByteSlice) throws(OTLPError) {
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: traceID = try value.bytes
            case 2: spanID = try value.bytes
            case 4: parentSpanID = try value.bytes
            case 5: name = try value.text
            case 7: start = try value.number
            case 8: end = try value.number
            case 9: attributes.append(try Attribute(protobuf: try value.bytes, depth: 0))
            case 11: events.append(try Event(protobuf: try value.bytes))
            case 15: try readStatus(try value.bytes)
            default: break
            }
        }
    }

    private mutating func readStatus(_ bytes: ByteSlice) throws(OTLPError) {
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 2: statusMessage = try value.text
            case 3: failed = try value.number == 2
            default: break
            }
        }
    }
}

extension Span.Event {
    init(protobuf bytes: ByteSlice) throws(OTLPError) {
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 2: name = try value.text
            case 3: attributes.append(try Attribute(protobuf: try value.bytes, depth: 0))
            default: break
            }
        }
    }
}

extension Attribute {
    init(protobuf bytes: ByteSlice, depth: Int) throws(OTLPError) {
        var (key, value) = ("", AttributeValue.none)
        var reader = ProtobufReader(bytes)
        while let (number, field) = try reader.next() {
            switch number {
            case 1: key = try field.text.description
            case 2: value = try AttributeValue(protobuf: try field.bytes, depth: depth)
            default: break
            }
        }
        self.init(key: key, value: value)
    }
}

extension AttributeValue {
    init(protobuf bytes: ByteSlice, depth: Int) throws(OTLPError) {
        guard depth < Self.deepest else { throw OTLPError("an attribute is deeper than \(Self.deepest)") }
        self = .none
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: self = .text(try value.text)
            case 2: self = .bool(try value.number != 0)
            case 3: self = .integer(Int64(bitPattern: try value.number))
            case 4: self = .double(Double(bitPattern: try value.number))
            case 5:
                var values: [AttributeValue] = []
                var list = ProtobufReader(try value.bytes)
                while let (number, value) = try list.next() {
                    if number == 1 { values.append(try AttributeValue(protobuf: try value.bytes, depth: depth + 1)) }
                }
                self = .list(values)
            case 6:
                var attributes: [Attribute] = []
                var map = ProtobufReader(try value.bytes)
                while let (number, value) = try map.next() {
                    if number == 1 { attributes.append(try Attribute(protobuf: try value.bytes, depth: depth + 1)) }
                }
                self = .map(attributes)
            case 7: self = .bytes(try value.bytes)
            default: break
            }
        }
    }
}
