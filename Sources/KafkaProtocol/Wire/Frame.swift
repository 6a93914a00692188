public import Bytes

// Requests and responses travel in frames: four bytes of length, a header, a body.

extension KafkaRequest {
    /// Writes the whole frame: length, header and body.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where a value has no form on the wire; the writer is then as before.
    public func encodeFrame(
        into writer: inout ByteWriter, version: Int16, correlationID: Int32, clientID: String?
    ) throws(KafkaProtocolError) {
        let header = RequestHeader(
            apiKey: Self.apiKey, apiVersion: version, correlationID: correlationID, clientID: clientID)
        try writer.writeFrame { writer throws(KafkaProtocolError) in
            try header.encode(into: &writer)
            try encode(into: &writer, version: version)
        }
    }

    /// The whole frame in pieces to be sent one behind the other: what the request holds as bytes, such as record
    /// batches, is among them without being copied, unless it is small.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where a value has no form on the wire.
    public func frame(version: Int16, correlationID: Int32, clientID: String?) throws(KafkaProtocolError) -> [ByteSlice]
    {
        var writer = ByteWriter()
        let header = RequestHeader(
            apiKey: Self.apiKey, apiVersion: version, correlationID: correlationID, clientID: clientID)
        try header.encode(into: &writer)
        return try encodePieces(behind: writer, version: version)
    }
}

extension KafkaResponse {
    /// Writes the whole frame: length, header and body.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where a value has no form on the wire; the writer is then as before.
    public func encodeFrame(
        into writer: inout ByteWriter, version: Int16, correlationID: Int32
    ) throws(KafkaProtocolError) {
        try writer.writeFrame { writer throws(KafkaProtocolError) in
            ResponseHeader(correlationID: correlationID).encode(into: &writer, apiKey: Self.apiKey, version: version)
            try encode(into: &writer, version: version)
        }
    }

    /// The whole frame in pieces to be sent one behind the other: what the response holds as bytes, such as record
    /// batches, is among them without being copied, unless it is small.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where a value has no form on the wire.
    public func frame(version: Int16, correlationID: Int32) throws(KafkaProtocolError) -> [ByteSlice] {
        var writer = ByteWriter()
        ResponseHeader(correlationID: correlationID).encode(into: &writer, apiKey: Self.apiKey, version: version)
        return try encodePieces(behind: writer, version: version)
    }
}

extension KafkaMessage {
    /// The length, what the writer holds, and the body.
    fileprivate func encodePieces(
        behind writer: consuming ByteWriter, version: Int16
    ) throws(KafkaProtocolError) -> [ByteSlice] {
        try Self.check(version)
        var coder = FieldCoder(writing: writer, version: version, isFlexible: Self.isFlexible(version))
        coder.gathers = true
        do throws(KafkaProtocolError) {
            try write(&coder)
        } catch {
            throw error.named(Self.self, version)
        }
        var pieces = coder.pieces
        let last = coder.finish().finish()
        if !last.isEmpty { pieces.append(last) }
        var length = ByteWriter(capacity: 4)
        length.writeBigEndian(try frameLength(pieces.reduce(0) { $0 + $1.count }))
        pieces.insert(length.finish(), at: 0)
        return pieces
    }
}

extension ByteWriter {
    /// Writes a frame around what `body` writes; forgets all of it where `body` throws.
    fileprivate mutating func writeFrame(
        _ body: (inout ByteWriter) throws(KafkaProtocolError) -> Void
    ) throws(KafkaProtocolError) {
        let start = count
        do throws(KafkaProtocolError) {
            writeBigEndian(0 as Int32)
            try body(&self)
            patchBigEndian(try frameLength(count - start - 4), at: start)
        } catch {
            truncate(to: start)
            throw error
        }
    }
}

private func frameLength(_ count: Int) throws(KafkaProtocolError) -> Int32 {
    guard let length = Int32(exactly: count) else {
        throw KafkaProtocolError(.unwritable, "a message of \(count) bytes does not fit a frame")
    }
    return length
}
