import Glibc

/// Keeps a second `up` out of a data folder; the lock ends with the process, whatever ends it.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the folder, which is made where it is missing.
    ///
    /// - Throws: `UpError` that names the process which has it.
    static func take(_ folder: String) throws(UpError) -> FolderLock {
        try makeFolders(folder)
        let path = "\(folder)/up.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw UpError("cannot write \(path): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = text(of: descriptor)
            close(descriptor)
            throw UpError(
                "\(folder) is in use: process \(holder.isEmpty ? "unknown" : holder) runs the pipeline on it; "
                    + "stop that one, or set DATA_DIR to another folder")
        }
        ftruncate(descriptor, 0)
        let pid = Array("\(getpid())".utf8)
        _ = pwrite(descriptor, pid, pid.count, 0)
        return FolderLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    private static func text(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Makes a folder and those above it.
    static func makeFolders(_ path: String) throws(UpError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o750) == 0 || errno == EEXIST || errno == EISDIR else {
                throw UpError("cannot make the folder \(made): \(String(cString: strerror(errno)))")
            }
        }
    }
}
