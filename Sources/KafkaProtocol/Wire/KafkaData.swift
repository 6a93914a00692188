public import Bytes

/// What stands inside a message's bytes with a version of its own in front: what consumers of the classic group
/// protocol tell one another. Its versions have plain lengths alone.
public protocol KafkaData: KafkaStructure {
    /// The versions that there are.
    static var versions: ClosedRange<Int16> { get }
}

extension KafkaData {
    /// Reads the version and then the fields.
    ///
    /// A version newer than the newest known is read like that one, and bytes behind it are passed over, as Kafka
    /// wants it.
    /// - Throws: `KafkaProtocolError` where the bytes are no such data.
    public init(_ bytes: ByteSlice) throws(KafkaProtocolError) {
        do {
            var reader = ByteReader(bytes)
            let version = try reader.readBigEndian(Int16.self, "the version")
            guard version >= Self.versions.lowerBound else {
                throw KafkaProtocolError(.unsupported, "version \(version) is not known")
            }
            var coder = FieldCoder(
                reading: bytes.suffix(from: reader.position), version: min(version, Self.versions.upperBound),
                isFlexible: false)
            self.init()
            try coder.structure(&self)
        } catch let error as ByteError {
            throw KafkaProtocolError(error).named(Self.self)
        } catch let error as KafkaProtocolError {
            throw error.named(Self.self)
        } catch {
            throw KafkaProtocolError(.malformed, "\(error)")
        }
    }

    /// The version and the fields.
    ///
    /// - Throws: `KafkaProtocolError` `.unwritable` where a value has no form on the wire.
    public func encoded(version: Int16) throws(KafkaProtocolError) -> ByteSlice {
        var writer = ByteWriter()
        writer.writeBigEndian(version)
        var coder = FieldCoder(writing: writer, version: version, isFlexible: false)
        try write(&coder)
        return coder.finish().finish()
    }
}

extension KafkaProtocolError {
    func named<Data: KafkaData>(_ data: Data.Type) -> KafkaProtocolError {
        var error = self
        error.context = "\(data)"
        return error
    }
}
