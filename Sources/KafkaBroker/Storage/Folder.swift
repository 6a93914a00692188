import Bytes
import Glibc

/// Folders and whole files; every call blocks.
enum Folder {
    /// Makes the folder and those above it where they are missing.
    static func make(_ path: String) throws(BrokerError) {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .system("cannot create the folder", path)
        }
        try make(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .system("cannot create the folder", path) }
    }

    /// The names in the folder, sorted; none where there is no folder.
    static func names(in path: String) throws(BrokerError) -> [String] {
        guard let folder = opendir(path) else {
            guard errno == ENOENT else { throw .system("cannot list", path) }
            return []
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Waits until the folder's own entries (files made, renamed and removed) are on the disk.
    static func sync(_ path: String) throws(BrokerError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("cannot sync", path) }
    }

    /// Removes a file; one that is not there is no fault.
    static func remove(file path: String) throws(BrokerError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("cannot remove", path) }
    }

    /// Gives a file another name, in the place of what had that name.
    static func rename(_ path: String, to other: String) throws(BrokerError) {
        guard Glibc.rename(path, other) == 0 else { throw .system("cannot rename", path) }
    }

    /// Removes a folder with all that is in it.
    static func remove(tree path: String) throws(BrokerError) {
        for name in try names(in: path) {
            let entry = "\(path)/\(name)"
            var status = stat()
            guard lstat(entry, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR { try remove(tree: entry) } else { try remove(file: entry) }
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw .system("cannot remove", path) }
    }

    /// Puts a whole file in place in one step: whoever looks finds the old bytes or the new ones, also after a crash.
    static func replace(_ path: String, with bytes: ByteSlice) throws(BrokerError) {
        let temporary = "\(path).new"
        try remove(file: temporary)
        let file = try File(path: temporary, create: true)
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        if let slash = path.lastIndex(of: "/") { try sync(String(path[..<slash])) }
    }

    /// A whole file's bytes, or nil where there is none.
    static func contents(of path: String) throws(BrokerError) -> ByteSlice? {
        guard access(path, F_OK) == 0 else { return nil }
        let file = try File(path: path)
        return try file.read(try file.size(), at: 0)
    }
}
