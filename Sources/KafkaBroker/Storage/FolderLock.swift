import Bytes
import Glibc

/// The data folder's lock: one broker works on a folder at a time.
///
/// The lock is the kernel's and ends with its holder, however it ends; the file says who holds it.
struct FolderLock {
    private let file: File

    /// Takes the folder.
    ///
    /// - Throws: `BrokerError` `.locked` that names the process that has it.
    init(folder: String) throws(BrokerError) {
        let file = try File(path: "\(folder)/lock", create: true)
        guard file.tryLock() else {
            let holder = (try? file.read(32, at: 0))?.utf8 ?? ""
            throw BrokerError(
                .locked,
                "the data folder \(folder) is in use by process \(holder.isEmpty ? "?" : holder): stop it first, "
                    + "or choose another folder",
                path: folder)
        }
        try file.truncate(to: 0)
        try file.write(ByteSlice(utf8: "\(getpid())"), at: 0)
        self.file = file
    }
}
