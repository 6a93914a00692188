import CLinux
import Glibc

/// System calls on sockets, with errors instead of -1. All sockets are non-blocking and closed on exec.
enum Socket {
    static func open(_ family: Int32) throws(TransportError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        return descriptor
    }

    @discardableResult
    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, to value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// The error that a connection attempt ended with, or 0.
    static func takeError(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else { return errno }
        return value
    }

    static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        SocketAddress { getsockname(descriptor, $0, $1) }
    }

    static func peerAddress(_ descriptor: Int32) -> SocketAddress? {
        SocketAddress { getpeername(descriptor, $0, $1) }
    }

    static let tcp = Int32(IPPROTO_TCP)

    /// What every TCP connection gets: no waiting for more to send, and a question to a peer that is silent too long.
    static func configure(_ descriptor: Int32, noDelay: Bool, keepAlive: KeepAlive?) {
        if noDelay { set(descriptor, tcp, TCP_NODELAY, to: 1) }
        if let keepAlive {
            func seconds(_ duration: Duration) -> Int32 { Int32(clamping: max(duration.components.seconds, 1)) }
            set(descriptor, SOL_SOCKET, SO_KEEPALIVE, to: 1)
            set(descriptor, tcp, TCP_KEEPIDLE, to: seconds(keepAlive.idle))
            set(descriptor, tcp, TCP_KEEPINTVL, to: seconds(keepAlive.interval))
            set(descriptor, tcp, TCP_KEEPCNT, to: Int32(clamping: keepAlive.probes))
        }
    }
}

/// When the system asks a silent peer whether it is still there, and gives up.
public struct KeepAlive: Sendable, Hashable {
    /// How long the connection is silent before the first question; whole seconds.
    public var idle: Duration = .seconds(60)
    /// The time between questions; whole seconds.
    public var interval: Duration = .seconds(10)
    /// How many questions stay unanswered before the connection counts as lost.
    public var probes: Int = 6

    /// The usual times.
    public init() {}
}
