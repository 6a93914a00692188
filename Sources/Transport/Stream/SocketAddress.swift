import Glibc

/// An address as the system knows it.
struct SocketAddress: Sendable {
    var storage = sockaddr_storage()
    var length: socklen_t = 0

    var family: Int32 { Int32(storage.ss_family) }

    /// A copy of what the system gave.
    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        let count = min(Int(length), MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
        }
        self.length = socklen_t(count)
    }

    /// What `fill` writes, such as `getsockname`; nil where that fails.
    init?(_ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { fill($0, &length) }
        }
        guard result == 0 else { return nil }
        self.length = length
    }

    /// A Unix socket's address; nil where the path is too long.
    init?(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        withUnsafeMutableBytes(of: &storage) { target in
            withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
        }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
    }

    /// Calls `body` with the address as system calls want it.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// The address as an endpoint: numbers, or a path.
    var endpoint: Endpoint {
        if family == AF_UNIX {
            return withUnsafeBytes(of: storage) { bytes in
                let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
                let path = bytes[min(offset, Int(length))..<Int(length)].prefix { $0 != 0 }
                return .unix(path: String(decoding: path, as: UTF8.self))
            }
        }
        return withPointer { pointer, length in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST) + Int(NI_MAXSERV)) { text in
                guard let host = text.baseAddress else { return .tcp(host: "?", port: 0) }
                let service = host + Int(NI_MAXHOST)
                let result = getnameinfo(
                    pointer, length, host, socklen_t(NI_MAXHOST), service, socklen_t(NI_MAXSERV),
                    NI_NUMERICHOST | NI_NUMERICSERV)
                guard result == 0 else { return .tcp(host: "?", port: 0) }
                return .tcp(host: String(cString: host), port: Int(String(cString: service)) ?? 0)
            }
        }
    }

    /// Whether both name the same place.
    func isSame(as other: SocketAddress) -> Bool { endpoint == other.endpoint }
}
