public import Bytes

/// What a control batch holds: the end of a transaction (KIP-98).
public enum ControlRecord: Hashable, Sendable {
    /// The producer's transaction was aborted; by a coordinator of that epoch.
    case abort(coordinatorEpoch: Int32)
    /// The producer's transaction was committed; by a coordinator of that epoch.
    case commit(coordinatorEpoch: Int32)
    /// Another kind, which readers pass over.
    case other(type: Int16)

    /// Reads a control batch's record.
    ///
    /// - Throws: `KafkaProtocolError` where it is none.
    public init(_ record: Record) throws(KafkaProtocolError) {
        do throws(ByteError) {
            let key = record.key ?? .empty
            var reader = ByteReader(key)
            let version = try reader.readBigEndian(Int16.self, "a control record's version")
            guard version >= 0 else { throw ByteError(.malformed, "a control record's version", at: 0) }
            let type = try reader.readBigEndian(Int16.self, "a control record's type")
            guard type == 0 || type == 1 else {
                self = .other(type: type)
                return
            }
            let value = record.value ?? .empty
            var valueReader = ByteReader(value)
            _ = try valueReader.readBigEndian(Int16.self, "a control record's version")
            let epoch = try valueReader.readBigEndian(Int32.self, "a control record's epoch")
            self = type == 0 ? .abort(coordinatorEpoch: epoch) : .commit(coordinatorEpoch: epoch)
        } catch {
            throw KafkaProtocolError(error)
        }
    }

    /// The control batch that ends a producer's transaction.
    ///
    /// - Parameters:
    ///   - producerID: the producer's id.
    ///   - producerEpoch: the producer's epoch.
    ///   - timestamp: the time, in milliseconds since 1970.
    public func batch(producerID: Int64, producerEpoch: Int16, timestamp: Int64) throws(KafkaProtocolError) -> ByteSlice
    {
        let (type, epoch): (Int16, Int32) =
            switch self {
            case .abort(let epoch): (0, epoch)
            case .commit(let epoch): (1, epoch)
            case .other(let type): (type, -1)
            }
        var key = ByteWriter(capacity: 4)
        key.writeBigEndian(0 as Int16)
        key.writeBigEndian(type)
        var value = ByteWriter(capacity: 6)
        value.writeBigEndian(0 as Int16)
        value.writeBigEndian(epoch)
        var builder = RecordBatchBuilder(capacity: 128)
        builder.append(timestamp: timestamp, key: key.finish(), value: value.finish())
        return try builder.finish(
            producer: ProducerState(id: producerID, epoch: producerEpoch, sequence: -1), isTransactional: true,
            isControl: true, capacity: 0)
    }
}
