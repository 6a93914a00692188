import Bytes
import CDashboard
public import HTTP

/// The pages that the API serves: files inside the program, or those of a folder while one works on them.
public struct Dashboard: Sendable {
    /// By path.
    public let files: [DashboardFile]

    /// Where files are read again for each request, and their names there by path; nil where all are inside the program.
    private let folder: (path: String, names: [String: String])?

    /// The pages inside the program. There are none where it was built before `Scripts/setup web` ran.
    public static let embedded: Dashboard = {
        let files = (0..<cdashboard_count()).map { index in
            let file = cdashboard_files()[index]
            func slice(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> ByteSlice {
                ByteSlice(copying: UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            }
            return DashboardFile(
                String(cString: file.path), slice(file.bytes, file.count),
                gzip: file.gzip.map { slice($0, file.gzip_count) })
        }
        return Dashboard(files: files)
    }()

    init(files: [DashboardFile], folder: (path: String, names: [String: String])? = nil) {
        self.files = files
        self.folder = folder
    }

    /// The pages of a folder, beside those of packages inside the program. Which files there are is looked up now, what
    /// they hold at each request: a name that was not there is none, whatever a request says.
    ///
    /// - Throws: `DashboardError` where it cannot be read.
    public init(folder: String) throws(DashboardError) {
        let vendor = Self.embedded.files.filter { $0.path.hasPrefix("/vendor/") }
        let names = try PageFolder.names(in: folder)
        self.init(
            files: vendor + names.map { DashboardFile($0, .empty) },
            folder: (folder, Dictionary(names.map { (DashboardFile.path(of: $0), $0) }) { first, _ in first }))
    }

    /// Answers for each file at its path.
    public func register(on router: Router) {
        for file in files {
            if let folder, let name = folder.names[file.path] {
                router.on(.get, file.path) { request async throws in
                    do throws(DashboardError) {
                        let bytes = try await PageFolder.read(name, in: folder.path)
                        return DashboardFile(name, bytes).response(to: request.headers)
                    } catch {
                        throw HTTPError(.notFound, error.description)
                    }
                }
            } else {
                router.on(.get, file.path) { request in file.response(to: request.headers) }
            }
        }
        guard !files.contains(where: { $0.path == "/" }) else { return }
        router.on(.get, "/") { _ in
            throw HTTPError(
                .notFound, "the pages are not in this program: build it with `make build`, which puts them there")
        }
    }
}

/// Why pages cannot be read.
public struct DashboardError: Error, CustomStringConvertible {
    /// What is wrong with which file.
    public let description: String
}
