import Glibc

/// The file that a child of `up` writes its output to, kept within bounds by the child itself.
///
/// Who writes is who sees to its size: the file is renamed to `<path>.1`, a new one is opened, and the descriptors are
/// moved over to it, each in one step. So no line is lost between the two, nothing is copied, and the child waits for
/// nobody. Were it done from outside, by copying and emptying, what is written between the two would be lost; a pipe to
/// the supervisor would hold a child up, or end it, whenever the supervisor is slow or has gone.
public struct OutputFile: Sendable {
    /// The variable in which `up` tells a child its file.
    public static let variable = "EVENT_ANALYTICS_OUTPUT"

    /// Past this many bytes a new file is begun.
    public static let standardLimit = 64 << 20

    /// Where it is.
    public let path: String
    private let limit: Int
    private let descriptors: [Int32]

    /// - Parameters:
    ///   - path: The file that the descriptors write to.
    ///   - limit: Past how many bytes a new one is begun.
    ///   - descriptors: Who writes to it: standard output and standard error.
    public init(
        path: String, limit: Int = standardLimit, descriptors: [Int32] = [1, 2]
    ) {
        self.path = path
        self.limit = limit
        self.descriptors = descriptors
    }

    /// Opens the file to append to it, -1 where that fails. Whoever calls closes it.
    public func open() -> Int32 { Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640) }

    /// Begins a new file where this one is past its limit; what was written stands in `<path>.1` until the next time.
    ///
    /// - Returns: Whether it did. Where a new file cannot be had, all goes on in the old one.
    @discardableResult
    public func keepWithinBounds() -> Bool {
        var now = stat()
        guard stat(path, &now) == 0, now.st_size > limit else { return false }
        // Only what these descriptors write to is theirs to move.
        for descriptor in descriptors {
            var written = stat()
            guard fstat(descriptor, &written) == 0, written.st_ino == now.st_ino, written.st_dev == now.st_dev else {
                return false
            }
        }
        guard rename(path, "\(path).1") == 0 else { return false }
        let fresh = open()
        guard fresh >= 0 else {
            // Back to where it is looked for.
            rename("\(path).1", path)
            return false
        }
        for descriptor in descriptors { dup2(fresh, descriptor) }
        close(fresh)
        return true
    }

    /// The last line that is not empty, of the last 8 KiB: what a child said before it ended.
    public var lastLine: String? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        let start = max(0, end - 8_192)
        let bytes = [UInt8](unsafeUninitializedCapacity: 8_192) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, 8_192, start))
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").last { !$0.isEmpty }.map(String.init)
    }
}
