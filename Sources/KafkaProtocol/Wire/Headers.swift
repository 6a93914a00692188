public import Bytes

/// What stands before a request's body (Kafka's `RequestHeader`, versions 1 and 2).
public struct RequestHeader: Hashable, Sendable {
    /// The interface that is called.
    public var apiKey: APIKey

    /// The version of the request, and of the response that is wanted.
    public var apiVersion: Int16

    /// What the response carries again, so that the client finds the request that it answers.
    public var correlationID: Int32

    /// What the client calls itself.
    public var clientID: String?

    /// Makes a header.
    public init(apiKey: APIKey, apiVersion: Int16, correlationID: Int32, clientID: String?) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.clientID = clientID
    }

    /// Reads a header.
    ///
    /// Of an interface that is not known the header is read as an old one, so that it can be refused by name.
    /// - Throws: `KafkaProtocolError` where the bytes are no header.
    public init(from reader: inout ByteReader) throws(KafkaProtocolError) {
        do throws(ByteError) {
            apiKey = APIKey(rawValue: try reader.readBigEndian(Int16.self, "the request's key"))
            apiVersion = try reader.readBigEndian(Int16.self, "the request's version")
            correlationID = try reader.readBigEndian(Int32.self, "the correlation id")
            // The client id keeps its plain length in flexible headers, too.
            let length = try reader.readBigEndian(Int16.self, "the client id")
            clientID = length == -1 ? nil : try reader.readString(Int(length), "the client id")
            if Self.isFlexible(apiKey, apiVersion) { try reader.skipTags() }
        } catch {
            throw KafkaProtocolError(error)
        }
    }

    /// Writes the header.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where the client id is longer than 32,767 bytes.
    public func encode(into writer: inout ByteWriter) throws(KafkaProtocolError) {
        writer.writeBigEndian(apiKey.rawValue)
        writer.writeBigEndian(apiVersion)
        writer.writeBigEndian(correlationID)
        if let clientID {
            guard let length = Int16(exactly: clientID.utf8.count) else {
                throw KafkaProtocolError(.unwritable, "the client id is longer than 32767 bytes")
            }
            writer.writeBigEndian(length)
            writer.write(clientID)
        } else {
            writer.writeBigEndian(-1 as Int16)
        }
        if Self.isFlexible(apiKey, apiVersion) { writer.writeByte(0) }
    }

    /// Whether the header has tagged fields: as the version's body has compact lengths.
    static func isFlexible(_ apiKey: APIKey, _ version: Int16) -> Bool {
        guard let flexible = APIKey.known[apiKey]?.flexible else { return false }
        return version >= flexible
    }
}

/// What stands before a response's body (Kafka's `ResponseHeader`, versions 0 and 1).
public struct ResponseHeader: Hashable, Sendable {
    /// That of the request which is answered.
    public var correlationID: Int32

    /// Makes a header.
    public init(correlationID: Int32) { self.correlationID = correlationID }

    /// Reads the header of a response to a request of that interface and version.
    ///
    /// - Throws: `KafkaProtocolError` where the bytes are no header.
    public init(from reader: inout ByteReader, apiKey: APIKey, version: Int16) throws(KafkaProtocolError) {
        do throws(ByteError) {
            correlationID = try reader.readBigEndian(Int32.self, "the correlation id")
            if Self.isFlexible(apiKey, version) { try reader.skipTags() }
        } catch {
            throw KafkaProtocolError(error)
        }
    }

    /// Writes the header of a response to a request of that interface and version.
    public func encode(into writer: inout ByteWriter, apiKey: APIKey, version: Int16) {
        writer.writeBigEndian(correlationID)
        if Self.isFlexible(apiKey, version) { writer.writeByte(0) }
    }

    /// Whether the header has tagged fields. That of `ApiVersionsResponse` never has: a client that asked in a version
    /// unknown to the broker must be able to read it (KIP-511).
    static func isFlexible(_ apiKey: APIKey, _ version: Int16) -> Bool {
        apiKey != .apiVersions && RequestHeader.isFlexible(apiKey, version)
    }
}

extension ByteReader {
    /// Passes over a header's tagged fields; none is known.
    @_lifetime(self: copy self)
    mutating func skipTags() throws(ByteError) {
        let count = try readVarint32("the header's tagged fields")
        for _ in 0..<count {
            _ = try readVarint32("a tagged field's number")
            try skip(Int(try readVarint32("a tagged field's size")), "a tagged field")
        }
    }
}
