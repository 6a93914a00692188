import Glibc
import Transport

/// A program that a test runs: another implementation to talk to.
public enum Command {
    /// Runs a program until it ends; what it writes to standard output and error comes back in one text.
    ///
    /// - Parameters:
    ///   - command: the program, found by PATH, and its arguments.
    ///   - input: what it reads from standard input.
    @discardableResult
    public static func run(_ command: [String], input: String = "") async throws -> (
        status: Int32, output: String
    ) {
        try await BlockingPool.run { () throws(any Error) -> (status: Int32, output: String) in
            let toChild = try Pipe()
            let fromChild = try Pipe()
            defer { close(fromChild.readEnd) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawn_file_actions_adddup2(&actions, toChild.readEnd, 0)
            posix_spawn_file_actions_adddup2(&actions, fromChild.writeEnd, 1)
            posix_spawn_file_actions_adddup2(&actions, fromChild.writeEnd, 2)
            var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
            var child = pid_t()
            let result = posix_spawnp(&child, command[0], &actions, nil, &arguments, environ)
            for argument in arguments { free(argument) }
            posix_spawn_file_actions_destroy(&actions)
            close(toChild.readEnd)
            close(fromChild.writeEnd)
            // A pipe's buffer holds what tests have to say.
            let bytes = Array(input.utf8)
            if !bytes.isEmpty { _ = write(toChild.writeEnd, bytes, bytes.count) }
            close(toChild.writeEnd)
            guard result == 0 else {
                throw TestFailure("\(command[0]) cannot be started: error \(result)")
            }
            var output: [UInt8] = []
            var chunk: [UInt8] = Array(repeating: 0, count: 4096)
            while true {
                let count = read(fromChild.readEnd, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                output += chunk[..<count]
            }
            var status: Int32 = 0
            waitpid(child, &status, 0)
            return (status >> 8 & 0xFF, String(decoding: output, as: UTF8.self))
        }
    }
}
