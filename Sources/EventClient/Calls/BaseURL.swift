import Transport

/// The parts of the API's URL.
struct BaseURL: Hashable, Sendable {
    let endpoint: Endpoint
    let isSecure: Bool
    /// What requests have in `Host`.
    let authority: String
    /// What stands before every path, without a slash at its end.
    let path: String

    /// Reads `http://host`, `https://[::1]:8443/base` and the like.
    ///
    /// - Throws: `.configuration`, with what is wrong.
    init(_ text: String) throws(EventClientError) {
        func refuse(_ why: String) -> EventClientError {
            EventClientError(.configuration, "baseURL: \(why)", field: "baseURL")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refuse("must be visible ASCII characters: other ones percent-encoded, names in their IDNA form")
        }
        let lower = text.prefix(8).lowercased()
        isSecure = lower.hasPrefix("https://")
        guard isSecure || lower.hasPrefix("http://") else { throw refuse("must begin with http:// or https://") }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        var path = rest[end...]
        guard !path.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw refuse("must not have a query or a fragment")
        }
        while path.hasSuffix("/") { path.removeLast() }
        guard !authority.contains("@") else { throw refuse("must not hold a user or password: keys go into apiKey") }

        let (host, port) = Self.split(authority)
        guard let host, !host.isEmpty else { throw refuse("must name a host, an IPv6 address in brackets") }
        var number = isSecure ? 443 : 80
        if let port {
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(port),
                (1...65_535).contains(value)
            else { throw refuse("the port must be a number from 1 to 65535") }
            number = value
        }
        endpoint = .tcp(host: host, port: number)
        self.authority = String(authority)
        self.path = String(path)
    }

    private static func split(_ authority: Substring) -> (host: String?, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return (nil, nil) }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard host.contains(":"), !host.contains("["), behind.isEmpty || behind.hasPrefix(":") else {
                return (nil, nil)
            }
            return (String(host), behind.isEmpty ? nil : behind.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
        let (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
        return port.contains(":") ? (nil, nil) : (String(host), port)
    }
}
