import Glibc

/// Why a connection, a look-up, a listener or a wait failed.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was. More kinds may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        let name: String

        /// A name for logs and metrics.
        public var description: String { name }

        /// Nobody listens there, or a firewall refuses.
        public static let connectRefused = Code(name: "connect_refused")
        /// There is no way to the host or the network.
        public static let unreachable = Code(name: "unreachable")
        /// The deadline passed first.
        public static let deadline = Code(name: "deadline")
        /// The stream, listener or loop was closed on this side.
        public static let closed = Code(name: "closed")
        /// The peer ended the connection without a goodbye.
        public static let reset = Code(name: "reset")
        /// The task was cancelled.
        public static let cancelled = Code(name: "cancelled")
        /// The host's name has no address, or nobody who knows could be asked.
        public static let resolve = Code(name: "resolve")
        /// TLS failed: the message names the certificate and the reason.
        public static let tls = Code(name: "tls")
        /// The address to listen on is in use.
        public static let addressInUse = Code(name: "address_in_use")
        /// Another task waits for the same already: a stream is read by one at a time, and written by one.
        public static let inUse = Code(name: "in_use")
        /// What was asked for makes no sense.
        public static let invalid = Code(name: "invalid")
        /// The system said no; `errno` says why.
        public static let system = Code(name: "system")
    }

    /// The kind of failure.
    public var code: Code
    /// What failed and why, in one line for people.
    public var message: String
    /// Where it was.
    public var endpoint: Endpoint?
    /// The system's error number, or 0.
    public var errno: Int32

    /// Makes an error.
    public init(_ code: Code, _ message: String, endpoint: Endpoint? = nil, errno: Int32 = 0) {
        self.code = code
        self.message = message
        self.endpoint = endpoint
        self.errno = errno
    }

    /// One line: where, and what.
    public var description: String {
        if let endpoint { "\(endpoint): \(message)" } else { message }
    }

    /// The failure of a system call, with the kind that follows from its error number.
    static func system(_ call: StaticString, _ number: Int32, endpoint: Endpoint? = nil) -> TransportError {
        let code: Code =
            switch number {
            case ECONNREFUSED: .connectRefused
            case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL: .unreachable
            // The peer's silence ends the connection; a caller's own deadline does not.
            case ECONNRESET, EPIPE, ECONNABORTED, ENETRESET, ETIMEDOUT: .reset
            case EADDRINUSE: .addressInUse
            default: .system
            }
        return TransportError(code, "\(call): \(text(of: number))", endpoint: endpoint, errno: number)
    }

    /// What the system calls an error number.
    static func text(of number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let start = buffer.baseAddress, strerror_r(number, start, buffer.count) == 0 else {
                return "error \(number)"
            }
            return String(cString: start).lowercased()
        }
    }
}
