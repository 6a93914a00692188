import Bytes

/// What is known of a segment up to a size, so that a start need not read it again: its index, and the state of the
/// partition's producers behind its last batch.
struct Checkpoint: Equatable {
    static let version: UInt32 = 1

    var size: Int
    var index: OffsetIndex
    /// nil for a segment behind which another one begins.
    var producers: ProducerStates?

    /// The name of a segment's checkpoint.
    static func path(of segment: String) -> String { segment.dropLast(4) + ".index" }

    func sealed() -> ByteSlice {
        var writer = ByteWriter(capacity: 1024)
        writer.writeBigEndian(Int64(size))
        index.write(to: &writer)
        writer.writeByte(producers == nil ? 0 : 1)
        producers?.write(to: &writer)
        return Sealed.seal(version: Self.version, writer.finish())
    }

    /// Reads a checkpoint; nil where there is none that is whole and sound: it can be made again from the segment.
    static func load(_ path: String) throws(BrokerError) -> Checkpoint? {
        guard let bytes = try Folder.contents(of: path), let payload = Sealed.open(version: version, bytes) else {
            return nil
        }
        var reader = ByteReader(payload)
        do throws(ByteError) {
            let size: Int64 = try reader.readBigEndian()
            let index = try OffsetIndex(from: &reader)
            let producers = try reader.readByte() == 0 ? nil : ProducerStates(from: &reader)
            return Checkpoint(size: Int(size), index: index, producers: producers)
        } catch {
            return nil
        }
    }
}
