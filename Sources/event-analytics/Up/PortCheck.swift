import Glibc
import Transport

/// Finds out, before anything is started, whether a port can be listened on, and who has it where not.
enum PortCheck {
    /// How long a port may be held by nobody who can be seen: a process that was killed keeps its sockets until the last
    /// of its threads has ended.
    private static let patience = Duration.seconds(5)

    /// - Throws: `UpError` that names the port, the setting to change, and the process where that can be seen.
    static func requireFree(_ port: Int, for what: String, setting: String) throws(UpError) {
        let deadline = Deadline.after(patience)
        while !(try isFree(port, for: what, setting: setting)) {
            let holder = listener(of: port)
            if holder == nil, !deadline.hasPassed {
                usleep(100_000)
                continue
            }
            let named = holder.map { ": process \($0.pid) has it (\($0.command))" } ?? ""
            throw UpError("port \(port) for \(what) is in use\(named); set \(setting) to another one")
        }
    }

    private static func isFree(_ port: Int, for what: String, setting: String) throws(UpError) -> Bool {
        do throws(TransportError) {
            try Listener.probe(.tcp(host: "0.0.0.0", port: port))
            return true
        } catch {
            if error.code == .addressInUse { return false }
            throw UpError("port \(port) for \(what) (\(setting)) cannot be used: \(error.message)")
        }
    }

    /// The process that listens on the port, as far as /proc shows it to this user.
    static func listener(of port: Int) -> (pid: String, command: String)? {
        var sockets: Set<String> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in text(of: table).split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                // Local address, state (0A: listening) and inode are the second, fourth and tenth fields.
                guard fields.count > 9, fields[3] == "0A", let hex = fields[1].split(separator: ":").last,
                    Int(hex, radix: 16) == port
                else { continue }
                sockets.insert("socket:[\(fields[9])]")
            }
        }
        guard !sockets.isEmpty else { return nil }
        for process in names(in: "/proc") where process.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            let folder = "/proc/\(process)/fd"
            for descriptor in names(in: folder) where sockets.contains(target(of: "\(folder)/\(descriptor)")) {
                let command = text(of: "/proc/\(process)/cmdline").split(separator: "\0").joined(separator: " ")
                return (process, String(command.prefix(80)))
            }
        }
        return nil
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    private static func target(of link: String) -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        let count = readlink(link, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func text(of file: String) -> String {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            text += piece[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
