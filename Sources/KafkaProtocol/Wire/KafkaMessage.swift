public import Bytes

/// What Kafka's definition says of a message.
public struct MessageDefinition: Hashable, Sendable {
    /// The interface that the message belongs to.
    public let apiKey: APIKey

    /// The versions that can be read and written: all that Kafka ever had.
    public let versions: ClosedRange<Int16>

    /// The first version with compact lengths and tagged fields (KIP-482); nil where none has them.
    public let flexible: Int16?

    init(_ apiKey: APIKey, versions: ClosedRange<Int16>, flexible: Int16? = nil) {
        self.apiKey = apiKey
        self.versions = versions
        self.flexible = flexible
    }
}

/// A request or a response.
public protocol KafkaMessage: KafkaStructure {
    /// Its interface and versions.
    static var definition: MessageDefinition { get }
}

/// What a client sends.
public protocol KafkaRequest: KafkaMessage {
    /// What the broker answers.
    associatedtype Response: KafkaResponse
}

/// What a broker answers.
public protocol KafkaResponse: KafkaMessage {}

extension KafkaMessage {
    /// The interface that it belongs to.
    public static var apiKey: APIKey { definition.apiKey }

    /// The versions that can be read and written: all that Kafka ever had.
    public static var versions: ClosedRange<Int16> { definition.versions }

    /// The first version with compact lengths and tagged fields (KIP-482); nil where none has them.
    public static var flexible: Int16? { definition.flexible }

    /// Whether the version has compact lengths and tagged fields.
    public static func isFlexible(_ version: Int16) -> Bool { flexible.map { version >= $0 } ?? false }

    /// Reads a message's body; what it holds as bytes shares the memory of the slice that the reader was made over.
    ///
    /// - Throws: `KafkaProtocolError` where the bytes are no such message. Bytes behind it are left to the caller.
    public init(from reader: inout ByteReader, version: Int16) throws(KafkaProtocolError) {
        try Self.check(version)
        let start = reader.position
        do {
            // Cannot fail: it takes exactly what remains.
            let input = try reader.readSlice(reader.remaining)
            var coder = FieldCoder(reading: input, version: version, isFlexible: Self.isFlexible(version))
            self.init()
            try coder.structure(&self)
            reader.move(to: start + coder.position)
        } catch let error as KafkaProtocolError {
            throw error.named(Self.self, version)
        } catch let error as ByteError {
            throw KafkaProtocolError(error).named(Self.self, version)
        } catch {
            throw KafkaProtocolError(.malformed, "\(error)")
        }
    }

    /// Reads a message's body that fills the slice.
    ///
    /// - Throws: `KafkaProtocolError` where the bytes are no such message, or too many.
    public init(_ body: ByteSlice, version: Int16) throws(KafkaProtocolError) {
        var reader = ByteReader(body)
        try self.init(from: &reader, version: version)
        guard reader.isAtEnd else {
            throw KafkaProtocolError(.malformed, "\(reader.remaining) bytes follow it").named(Self.self, version)
        }
    }

    /// Writes the message's body behind what the writer holds.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where a value has no form on the wire in this version; the writer
    ///   then holds part of the message.
    public func encode(into writer: inout ByteWriter, version: Int16) throws(KafkaProtocolError) {
        try Self.check(version)
        var own = ByteWriter(capacity: 0)
        swap(&own, &writer)
        var coder = FieldCoder(writing: own, version: version, isFlexible: Self.isFlexible(version))
        let result: Result<Void, KafkaProtocolError>
        do throws(KafkaProtocolError) {
            try write(&coder)
            result = .success(())
        } catch {
            result = .failure(error.named(Self.self, version))
        }
        writer = coder.finish()
        try result.get()
    }

    static func check(_ version: Int16) throws(KafkaProtocolError) {
        guard versions.contains(version) else {
            throw KafkaProtocolError(.unsupported, "the versions are \(versions.lowerBound) to \(versions.upperBound)")
                .named(Self.self, version)
        }
    }
}

extension KafkaProtocolError {
    func named<Message: KafkaMessage>(_ message: Message.Type, _ version: Int16) -> KafkaProtocolError {
        var error = self
        error.context = "\(message) version \(version)"
        return error
    }
}
