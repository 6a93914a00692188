/// Where to connect to, or to listen.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A host's name or address, and a port.
    case tcp(host: String, port: Int)
    /// A Unix socket.
    case unix(path: String)

    /// Reads `host:port`, `[::1]:port`, `unix:/path`, or a host alone where there is a default port.
    ///
    /// - Throws: `.invalid`, with what is wrong.
    public static func parse(_ text: String, defaultPort: Int? = nil) throws(TransportError) -> Endpoint {
        func refuse(_ why: String) -> TransportError { TransportError(.invalid, "'\(text)' is no endpoint: \(why)") }
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, !path.utf8.contains(0) else { throw refuse("the path is missing") }
            return .unix(path: path)
        }
        var host = text[...]
        var rest: Substring? = nil
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw refuse("']' is missing") }
            host = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { throw refuse("':port' is expected behind ']'") }
            if !behind.isEmpty { rest = behind.dropFirst() }
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            host = text[..<colon]
            rest = text[text.index(after: colon)...]
        }
        // Several colons without brackets: an IPv6 address alone.
        guard !host.isEmpty else { throw refuse("the host is missing") }
        guard !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") }) else {
            throw refuse("the host holds a character that no host has")
        }
        guard let rest else {
            guard let defaultPort else { throw refuse("':port' is missing") }
            return .tcp(host: String(host), port: defaultPort)
        }
        guard rest.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = Int(rest),
            (0...65_535).contains(port)
        else { throw refuse("the port is not a number from 0 to 65535") }
        return .tcp(host: String(host), port: port)
    }

    /// The port; nil for a Unix socket.
    public var port: Int? {
        if case .tcp(_, let port) = self { port } else { nil }
    }

    /// The host; nil for a Unix socket.
    public var host: String? {
        if case .tcp(let host, _) = self { host } else { nil }
    }

    /// `host:port`, with brackets around an IPv6 address; `unix:/path`.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
