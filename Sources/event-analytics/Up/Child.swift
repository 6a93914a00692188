import Glibc
import Supervision

/// A process that `up` starts, watches and starts again.
final class Child {
    let name: String
    let command: [String]

    /// Where its output goes; nil where nobody wants it.
    let output: OutputFile?

    /// Its process, while there is one.
    private(set) var pid: pid_t?
    private let environment: [String: String]

    init(_ name: String, _ command: [String], environment: [String: String], output: OutputFile?) {
        self.name = name
        self.command = command
        self.environment = environment.merging(output.map { [OutputFile.variable: $0.path] } ?? [:]) { $1 }
        self.output = output
    }

    /// Why a process could not be started.
    struct NotStarted: Error {
        let reason: String

        /// Whether the system lacked something that it may have in a moment.
        let isTransient: Bool

        init(_ what: String, _ number: Int32) {
            reason = "\(what): \(String(cString: strerror(number)))"
            // A program that is just being written anew is busy for a moment.
            isTransient = [EAGAIN, ENOMEM, EMFILE, ENFILE, EINTR, ETXTBSY].contains(number)
        }
    }

    /// Starts the process: in a group of its own, so that Ctrl-C reaches `up` alone, which then stops all in order.
    func start() throws(NotStarted) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let descriptor = try openOutput()
        defer { if let descriptor { close(descriptor) } }
        if let descriptor {
            posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)

        var process = pid_t()
        let status = Self.withStrings(command) { arguments in
            Self.withStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard status == 0 else { throw NotStarted(command[0], status) }
        pid = process
    }

    private func openOutput() throws(NotStarted) -> Int32? {
        guard let output else { return nil }
        var descriptor = output.open()
        guard descriptor >= 0 else { throw NotStarted("cannot write \(output.path)", errno) }
        // A program that is not ours does not see to its output's size; it is looked at whenever it is started.
        if OutputFile(path: output.path, descriptors: [descriptor]).keepWithinBounds() {
            close(descriptor)
            descriptor = output.open()
            guard descriptor >= 0 else { throw NotStarted("cannot write \(output.path)", errno) }
        }
        return descriptor
    }

    /// Whether this was the process that ended; it is forgotten then.
    func ended(_ process: pid_t) -> Bool {
        guard pid == process else { return false }
        pid = nil
        return true
    }

    func send(_ signal: Int32) {
        if let pid { kill(pid, signal) }
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(&pointers)
    }
}

/// Why `up` cannot go on, in one line.
struct UpError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
