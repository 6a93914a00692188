import Bytes

/// Lets pages of other origins call the server (the Fetch standard, section 3.2).
///
/// `headers` go into `HTTPServerConfiguration.responseHeaders`, so that what the server refuses itself can be read by a
/// page, too; `Router.cors` answers what browsers ask before.
public struct CORS: Sendable {
    /// The origins that may call: `*`, or one.
    public var origin = "*"

    /// The methods that may be used.
    public var methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

    /// The headers that a page may send, by name: browsers do not count `Authorization` to what `*` stands for.
    public var requestHeaders = [
        "Authorization", "Content-Type", "Content-Encoding", "X-API-Key", "X-Request-Id", "traceparent", "tracestate",
    ]

    /// Whether a page may send others, too: those that its browser asks for.
    public var allowsOtherHeaders = true

    /// The headers that a page may read, beyond the simple ones.
    public var exposedHeaders = "Retry-After, X-Request-Id"

    /// How long a browser may remember an answer, in seconds.
    public var maximumAge = 86_400

    /// Any origin, any method, any header.
    public init() {}

    /// What every response has.
    public var headers: [HTTPHeader] {
        [
            HTTPHeader("access-control-allow-origin", origin),
            HTTPHeader("access-control-expose-headers", exposedHeaders),
        ]
    }

    /// What a browser is told that asks whether it may.
    ///
    /// - Parameter question: The headers of its request: what they ask for is named, where it is a header's name.
    public func answers(to question: HTTPHeaders) -> [HTTPHeader] {
        let names = requestHeaders + (allowsOtherHeaders ? others(in: question) : [])
        return [
            HTTPHeader("access-control-allow-methods", methods),
            HTTPHeader("access-control-allow-headers", names.joined(separator: ", ")),
            HTTPHeader("access-control-max-age", "\(maximumAge)"),
            HTTPHeader("vary", "Access-Control-Request-Headers"),
        ]
    }

    /// The most names, and the longest, that are taken from a question.
    private static let (mostOthers, longestOther) = (64, 128)

    /// The names that a question asks for beside the listed ones. What is no name is left out: the answer holds nothing
    /// but tokens, whatever the question holds.
    private func others(in question: HTTPHeaders) -> [String] {
        var known = Set(requestHeaders.map { $0.lowercased() })
        var names: [String] = []
        for value in question.all("access-control-request-headers") {
            for piece in value.array.split(separator: UInt8(ascii: ",")) {
                let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                let name = piece.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
                guard names.count < Self.mostOthers else { return names }
                guard 1...Self.longestOther ~= name.count, name.allSatisfy(HTTPCharacters.isToken) else { continue }
                let text = String(decoding: name, as: UTF8.self)
                if known.insert(text.lowercased()).inserted { names.append(text) }
            }
        }
        return names
    }
}
