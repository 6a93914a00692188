import Bytes

/// Batches that are written to a segment in one go, by a thread that may block.
struct Flush: Sendable {
    enum Target: Sendable {
        case segment(File)
        /// A new segment, to be made in the partition's folder.
        case newSegment(path: String, folder: String)
    }

    let target: Target
    /// Where in the file they go.
    let position: Int
    let bytes: ByteSlice
    /// Whether to wait until they are on the disk.
    let sync: Bool

    enum Failure: Error {
        /// Nothing of it is in the log.
        case cutOff(BrokerError)
        /// What was written could not be cut off again: the partition takes no more until the next start's recovery.
        case stuck(BrokerError)
    }

    /// Writes; what a fault left half written is cut off again.
    func run() throws(Failure) -> File {
        let file: File
        do throws(BrokerError) {
            switch target {
            case .segment(let open): file = open
            case .newSegment(let path, let folder):
                file = try File(path: path, create: true)
                if sync { try Folder.sync(folder) }
            }
        } catch {
            throw .cutOff(error)
        }
        do throws(BrokerError) {
            try file.write(bytes, at: position)
            if sync { try file.sync() }
        } catch {
            do throws(BrokerError) { try file.truncate(to: position) } catch { throw .stuck(error) }
            throw .cutOff(error)
        }
        return file
    }
}
