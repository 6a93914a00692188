import Bytes
import Glibc
import Transport

/// A folder with pages, for those who work on them.
enum PageFolder {
    /// No page is larger, in bytes.
    static let limit = 16 << 20

    /// The names of its files, those of its folders' files behind their folder's name and a slash. Hidden ones are none.
    static func names(in folder: String, below prefix: String = "", depth: Int = 0) throws(DashboardError) -> [String] {
        guard let entries = opendir(folder) else { throw failure(folder) }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFREG {
                names.append(prefix + name)
            } else if status.st_mode & S_IFMT == S_IFDIR, depth < 8 {
                names += try Self.names(in: "\(folder)/\(name)", below: "\(prefix)\(name)/", depth: depth + 1)
            }
        }
        return names.sorted()
    }

    /// What a file of it holds now.
    static func read(_ name: String, in folder: String) async throws(DashboardError) -> ByteSlice {
        let path = "\(folder)/\(name)"
        let result: Result<ByteSlice, DashboardError> = await BlockingPool.run {
            guard let file = fopen(path, "re") else { return .failure(failure(path)) }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
                bytes += chunk[..<count]
                guard bytes.count <= limit else { return .failure(DashboardError(description: "\(path) is too large")) }
            }
            return ferror(file) == 0 ? .success(ByteSlice(bytes)) : .failure(failure(path))
        }
        return try result.get()
    }

    private static func failure(_ path: String) -> DashboardError {
        DashboardError(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
