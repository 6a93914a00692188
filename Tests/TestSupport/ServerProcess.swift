import Glibc
import Synchronization
import Transport

/// A server of `Scripts/` as a process of its own, for one test: started with `--json --stop-at-eof`, so that it says on
/// one line where it listens, takes commands by lines, and ends when its standard input does, whatever happens to the
/// test.
public final class ServerProcess: Sendable {
    /// What the server said about itself, the outermost object's plain fields: numbers and strings as text.
    public let fields: [String: String]

    private let process: pid_t
    private let input: Int32
    private let output: LineReader

    /// Starts a script and waits for its first line.
    ///
    /// - Parameters:
    ///   - script: the name of a file in the package's `Scripts` folder.
    ///   - arguments: what it is given behind `--json --stop-at-eof`.
    public static func start(_ script: String, _ arguments: [String] = []) async throws -> ServerProcess {
        let path = packageFolder + "/Scripts/" + script
        return try await BlockingPool.run { () throws(any Error) -> ServerProcess in
            try ServerProcess([path, "--json", "--stop-at-eof"] + arguments)
        }
    }

    private init(_ command: [String]) throws {
        let toChild = try Pipe()
        let fromChild = try Pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, toChild.readEnd, 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild.writeEnd, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var child = pid_t()
        let result = posix_spawn(&child, command[0], &actions, nil, &arguments, environ)
        for argument in arguments { free(argument) }
        posix_spawn_file_actions_destroy(&actions)
        close(toChild.readEnd)
        close(fromChild.writeEnd)
        process = child
        input = toChild.writeEnd
        output = LineReader(fromChild.readEnd)
        guard result == 0 else { throw TestFailure("\(command[0]) cannot be started: error \(result)") }
        guard let line = output.next() else {
            throw TestFailure("\(command[0]) ended before it said where it listens; see its errors above")
        }
        fields = plainFields(of: line)
    }

    deinit {
        close(input)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// The port that it listens on, as the field `port` says.
    public var port: Int { Int(fields["port"] ?? "") ?? 0 }

    /// Sends a command line such as `kill`, `stop`, `start`, `pause` or `resume`, and waits for its answer.
    public func command(_ text: String) async throws {
        let answer: String? = await BlockingPool.run {
            let line = Array((text + "\n").utf8)
            guard write(self.input, line, line.count) == line.count else { return nil }
            return self.output.next()
        }
        guard let answer else { throw TestFailure("the server ended at '\(text)'") }
        if let error = plainFields(of: answer)["error"] { throw TestFailure("'\(text)': \(error)") }
    }
}

/// The package's folder, found from where this file was compiled.
private let packageFolder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

/// Lines from a descriptor, blocking.
private final class LineReader: Sendable {
    private let descriptor: Int32
    private let rest = Mutex<[UInt8]>([])

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    func next() -> String? {
        rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest.removeSubrange(...end)
                    return line
                }
                var bytes: [UInt8] = Array(repeating: 0, count: 4096)
                let count = read(descriptor, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return nil }
                rest += bytes[..<count]
            }
        }
    }
}

/// The fields of a JSON object whose values are strings or numbers, as the scripts write them; no more than that.
private func plainFields(of line: String) -> [String: String] {
    var fields: [String: String] = [:]
    var tokens: [String] = []
    var text = ""
    var isInString = false
    var isEscaped = false
    for character in line {
        if isInString {
            if isEscaped {
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isInString = false
            } else {
                text.append(character)
            }
        } else if character == "\"" {
            isInString = true
        } else if character == ":" || character == "," || character == "}" {
            tokens.append(text)
            text = ""
            if character != ":" {
                if tokens.count == 2 { fields[tokens[0]] = tokens[1] }
                tokens = []
            }
        } else if character != " ", character != "{" {
            text.append(character)
        }
    }
    return fields
}
