public import Bytes
import JSON

/// What a request for spans is answered with.
public enum SpanResponse {
    /// An ExportTraceServiceResponse: empty where nothing was refused.
    ///
    /// - Parameters:
    ///   - refused: How many spans were refused.
    ///   - reason: Why.
    public static func accepted(_ encoding: SpanRequest.Encoding, refused: Int, reason: String) -> ByteSlice {
        var writer = ByteWriter()
        switch encoding {
        case .protobuf:
            guard refused > 0 else { return .empty }
            var partial = ByteWriter()
            partial.writeByte(1 << 3)
            partial.writeVarint(UInt64(refused))
            write(reason, field: 2, into: &partial)
            writer.writeByte(1 << 3 | 2)
            writer.writeVarint(UInt64(partial.count))
            writer.write(partial.finish())
        case .json:
            var json = JSONWriter()
            json.beginObject(&writer)
            if refused > 0 {
                json.key("partialSuccess", &writer)
                json.beginObject(&writer)
                json.key("rejectedSpans", &writer)
                json.string(String(refused), &writer)
                json.key("errorMessage", &writer)
                json.string(reason, &writer)
                json.endObject(&writer)
            }
            json.endObject(&writer)
        }
        return writer.finish()
    }

    /// A google.rpc.Status with the code INVALID_ARGUMENT.
    public static func invalid(_ encoding: SpanRequest.Encoding, _ message: String) -> ByteSlice {
        var writer = ByteWriter()
        switch encoding {
        case .protobuf:
            writer.writeByte(1 << 3)
            writer.writeVarint(3)
            write(message, field: 2, into: &writer)
        case .json:
            var json = JSONWriter()
            json.beginObject(&writer)
            json.key("code", &writer)
            json.integer(3, &writer)
            json.key("message", &writer)
            json.string(message, &writer)
            json.endObject(&writer)
        }
        return writer.finish()
    }

    private static func write(_ text: String, field: UInt8, into writer: inout ByteWriter) {
        writer.writeByte(field << 3 | 2)
        writer.writeVarint(UInt64(text.utf8.count))
        writer.write(text)
    }
}
