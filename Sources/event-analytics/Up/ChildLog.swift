import Glibc

/// The file that a child's output goes to, kept within bounds.
struct ChildLog {
    let path: String

    /// Past this many bytes the file is emptied; what it held stands in `<path>.1` until the next time.
    static let limit = 64 << 20

    /// Opens the file to append to it. Whoever calls closes it.
    ///
    /// - Throws: `UpError` where it cannot be opened.
    func open() throws(UpError) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw UpError("cannot write \(path): \(String(cString: strerror(errno)))") }
        return descriptor
    }

    /// Empties the file where it has grown past its limit. A child appends, so it goes on at the front.
    func keepWithinBounds() {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > Self.limit else { return }
        let source = Glibc.open(path, O_RDWR | O_CLOEXEC)
        let target = Glibc.open(path + ".1", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        defer {
            close(source)
            close(target)
        }
        guard source >= 0, target >= 0 else { return }
        while sendfile(target, source, nil, 1 << 24) > 0 {}
        ftruncate(source, 0)
    }

    /// The last line that is not empty, of the last 8 KiB: what a child said before it ended.
    var lastLine: String? {
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
