import Bytes
import Glibc
import Synchronization

/// An open file that is read and written at positions; closed once nobody holds it any more.
///
/// All calls block: they are made from the blocking pool, or where the page cache is known to answer.
final class File: Sendable {
    let path: String
    private let descriptor: Int32

    /// How many bytes may still be written: tests lower it to play a disk that fills up.
    let room = Atomic<Int>(Int.max)

    /// Opens a file for reading and writing.
    init(path: String, create: Bool = false) throws(BrokerError) {
        let descriptor = open(path, create ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(create ? "cannot create" : "cannot open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// How long the file is, in bytes.
    func size() throws(BrokerError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("cannot look at", path) }
        return Int(status.st_size)
    }

    /// Writes all of the bytes at `position`, or throws; what was written before the fault stays in the file.
    func write(_ bytes: ByteSlice, at position: Int) throws(BrokerError) {
        let allowed = min(bytes.count, room.load(ordering: .relaxed))
        if room.load(ordering: .relaxed) != Int.max { room.subtract(allowed, ordering: .relaxed) }
        var done = 0
        while done < allowed {
            let written = bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return 0 }
                return pwrite(descriptor, start + done, allowed - done, off_t(position + done))
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw .system("cannot write to", path) }
            done += written
        }
        if allowed < bytes.count {
            errno = ENOSPC
            throw .system("cannot write to", path)
        }
    }

    /// Reads up to `count` bytes from `position` on; fewer where the file ends before that.
    func read(_ count: Int, at position: Int) throws(BrokerError) -> ByteSlice {
        var writer = ByteWriter(capacity: count)
        while writer.count < count {
            let done = writer.count
            let got = try writer.write(upTo: count - done) { target throws(BrokerError) -> Int in
                guard let start = target.baseAddress else { return 0 }
                while true {
                    let got = pread(descriptor, start, count - done, off_t(position + done))
                    if got >= 0 { return got }
                    guard errno == EINTR else { throw .system("cannot read", path) }
                }
            }
            if got == 0 { break }
        }
        return writer.finish()
    }

    /// Cuts the file off, or fills it with zeroes, to `length` bytes.
    func truncate(to length: Int) throws(BrokerError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw .system("cannot truncate", path) }
    }

    /// Waits until what was written is on the disk.
    func sync() throws(BrokerError) {
        guard fdatasync(descriptor) == 0 else { throw .system("cannot sync", path) }
    }

    /// Takes the file for this process alone until it is closed; false where another process has it.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}

extension ByteWriter {
    /// Lets `body` fill memory in place and says how many bytes it wrote.
    fileprivate mutating func write(
        upTo limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws(BrokerError) -> Int
    ) throws(BrokerError) -> Int {
        let before = count
        try write(upTo: limit, body) as Void
        return count - before
    }
}

extension BrokerError {
    /// A system call's fault, by `errno`.
    static func system(_ action: String, _ path: String) -> BrokerError {
        let number = Glibc.errno
        return BrokerError(
            .storage, "\(action) \(path): \(String(cString: strerror(number)))", path: path, errno: number)
    }
}
