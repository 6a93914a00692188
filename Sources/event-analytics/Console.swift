import Glibc

/// Lines for the person at the terminal.
enum Console {
    /// A line on standard output.
    static func say(_ line: String) { write(line, to: STDOUT_FILENO) }

    /// A line on standard error.
    static func complain(_ line: String) { write(line, to: STDERR_FILENO) }

    private static func write(_ line: String, to descriptor: Int32) {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Where the terminal has gone there is nobody to tell.
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}
