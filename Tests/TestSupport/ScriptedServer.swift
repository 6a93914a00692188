import Glibc
import Synchronization
import Transport

/// A server that one of the programs in Scripts/ runs for the tests: `clickhouse-server`, `clickhouse-old`, `kafka-mock`.
/// It ends when this object does, and with this process, since the program reads this side's pipe to its end.
///
/// - Safety: `Sendable` since its state is behind a mutex, and its descriptors do not change.
public final class ScriptedServer: Sendable {
    /// What the program's first line said, by key; numbers as text.
    public let facts: [String: String]

    /// The port that the server listens on.
    public var port: Int { facts["port"].flatMap { Int($0) } ?? 0 }

    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let rest = Mutex<[UInt8]>([])

    /// A failure of a server's program, in one line.
    public struct Failed: Error, CustomStringConvertible {
        /// What the program said, or did not say.
        public let description: String
    }

    /// The repository's folder.
    public static let root = String(#filePath.dropLast("/Tests/TestSupport/ScriptedServer.swift".utf8.count))

    /// Whether the program says, asked with `--check`, that it has a server to run.
    public static func isAvailable(_ script: String) -> Bool {
        guard let (process, input, output) = try? spawn(script, ["--check"]) else { return false }
        close(input)
        _ = line(output, Mutex([]))
        close(output)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return status == 0
    }

    /// Runs a program of Scripts/ and waits for its first line.
    public static func start(_ script: String, _ arguments: [String]) async throws -> ScriptedServer {
        let result: Result<ScriptedServer, any Error> = await BlockingPool.run {
            Result { try ScriptedServer(script, arguments) }
        }
        return try result.get()
    }

    private init(_ script: String, _ arguments: [String]) throws {
        (process, input, output) = try Self.spawn(script, arguments)
        guard let line = Self.line(output, rest) else {
            throw Failed(description: "Scripts/\(script) ended before it said where it listens")
        }
        facts = Self.pairs(line)
    }

    deinit {
        close(input)
        close(output)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// Sends a word (`kill`, `start`, `pause`, `resume`, `stop`) and waits for its answer.
    public func tell(_ word: String) async throws {
        let answer = await BlockingPool.run { [self] in
            let line = Array((word + "\n").utf8)
            _ = write(input, line, line.count)
            return Self.line(output, rest) ?? "no answer"
        }
        guard answer.contains("\"done\"") else { throw Failed(description: "\(word): \(answer)") }
    }

    private static func spawn(_ script: String, _ arguments: [String]) throws -> (pid_t, Int32, Int32) {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
            throw Failed(description: "no pipe: error \(errno)")
        }
        for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        let path = "\(root)/Scripts/\(script)"
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, path, &actions, nil, words, environ)
        close(toChild[0])
        close(fromChild[1])
        guard result == 0 else {
            close(toChild[1])
            close(fromChild[0])
            throw Failed(description: "\(path): error \(result)")
        }
        return (process, toChild[1], fromChild[0])
    }

    private static func line(_ descriptor: Int32, _ rest: borrowing Mutex<[UInt8]>) -> String? {
        while true {
            let line: String? = rest.withLock { bytes in
                guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                let line = String(decoding: bytes[..<end], as: UTF8.self)
                bytes.removeSubrange(...end)
                return line
            }
            if let line { return line }
            var piece = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return nil }
            rest.withLock { $0 += piece[..<count] }
        }
    }

    /// The pairs of a flat JSON object whose texts have no escapes.
    private static func pairs(_ line: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for pair in line.split(whereSeparator: { "{},".contains($0) }) {
            let parts = pair.split(separator: ":", maxSplits: 1).map { part in
                String(part.drop(while: { $0 == " " || $0 == "\"" }).prefix(while: { $0 != "\"" }))
            }
            if parts.count == 2 { pairs[parts[0]] = parts[1] }
        }
        return pairs
    }
}
