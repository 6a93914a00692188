import Glibc
import Transport

/// A process that `up` starts, watches and starts again.
final class Child {
    /// How a child ended.
    enum End: Equatable {
        case status(Int32)
        case signal(Int32)

        /// What a person is told.
        var description: String {
            switch self {
            case .status(let status): "ended with status \(status)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    let name: String
    let command: [String]
    let environment: [String: String]

    /// Where its output goes; nil where nobody wants it.
    let log: ChildLog?

    /// Its process, while there is one.
    private(set) var pid: pid_t?
    private(set) var startedAt = Deadline.now

    /// When it is started again, once it has ended.
    var startsAgainAt: Deadline?

    /// How often in a row it ended soon after its start.
    var failures = 0

    init(_ name: String, _ command: [String], environment: [String: String], log: ChildLog?) {
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
    }

    /// Starts the process: in a group of its own, so that Ctrl-C reaches `up` alone, which then stops all in order.
    ///
    /// - Throws: `UpError` where the program cannot be started.
    func start() throws(UpError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let output = try log?.open()
        defer { if let output { close(output) } }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
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
        guard status == 0 else {
            throw UpError("cannot start \(name): \(command[0]): \(String(cString: strerror(status)))")
        }
        pid = process
        startedAt = .now
        startsAgainAt = nil
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
