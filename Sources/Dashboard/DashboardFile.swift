public import Bytes
public import HTTP

/// A file of the pages, and how it is answered with.
public struct DashboardFile: Sendable {
    /// Its path on the server: `/`, `/docs`, `/vendor/swagger-ui/swagger-ui.css`.
    public let path: String

    /// What it holds.
    public let bytes: ByteSlice

    /// The same, compressed by gzip; nil where that does not pay.
    public let gzip: ByteSlice?

    let contentType: HTTPContentType
    /// A name of just these bytes, quoted, without its closing quote: the compressed ones have another.
    private let tag: String

    /// A file.
    ///
    /// - Parameter name: Its name below the pages' folder; `index.html` is its folder.
    public init(_ name: String, _ bytes: ByteSlice, gzip: ByteSlice? = nil) {
        path = Self.path(of: name)
        self.bytes = bytes
        self.gzip = gzip
        contentType = Self.contentType(of: name)
        let hash = CityHash128.hash(bytes.span)
        tag = "\"" + String(hash.low, radix: 36) + String(hash.high, radix: 36)
    }

    static func path(of name: String) -> String {
        guard name == "index.html" || name.hasSuffix("/index.html") else { return "/" + name }
        let folder = name.dropLast("index.html".count)
        return folder.isEmpty ? "/" : "/" + folder.dropLast()
    }

    /// The file, or that the client has it.
    public func response(to headers: HTTPHeaders) -> HTTPResponse {
        let compressed = HTTPContentCoding.isGzipAccepted(by: headers) ? gzip : nil
        let etag = tag + (compressed == nil ? "\"" : "-gzip\"")
        var answer = [
            HTTPHeader("etag", etag),
            HTTPHeader("cache-control", path.hasPrefix("/vendor/") ? "public, max-age=86400" : "no-cache"),
            HTTPHeader("content-security-policy", Self.policy),
            HTTPHeader("x-frame-options", "DENY"),
            HTTPHeader("referrer-policy", "same-origin"),
        ]
        // Where there is no choice, the server says so itself.
        if gzip != nil { answer.append(HTTPHeader("vary", "accept-encoding")) }
        if Self.names(headers.all("if-none-match"), etag) { return HTTPResponse(.notModified, headers: answer) }
        if compressed != nil { answer.append(HTTPHeader("content-encoding", "gzip")) }
        return HTTPResponse(.ok, contentType: contentType, headers: answer, body: .bytes(compressed ?? bytes))
    }

    /// Everything comes from this server, programs and styles from files alone; no other page may frame it.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    /// Whether the values of `If-None-Match` name a tag (RFC 9110, section 13.1.2: weak ones compare like strong ones).
    private static func names(_ values: [ByteSlice], _ etag: String) -> Bool {
        values.contains { value in
            value.description.split(separator: ",").contains { part in
                var name = part.drop { $0 == " " || $0 == "\t" }
                while name.last == " " || name.last == "\t" { name.removeLast() }
                return name == "*" || (name.hasPrefix("W/") ? name.dropFirst(2) : name) == etag
            }
        }
    }

    static func contentType(of name: String) -> HTTPContentType {
        switch name.split(separator: ".").last {
        case "html": HTTPContentType("text/html; charset=utf-8")
        case "js", "mjs": HTTPContentType("text/javascript; charset=utf-8")
        case "css": HTTPContentType("text/css; charset=utf-8")
        case "json": .json
        case "svg": HTTPContentType("image/svg+xml")
        case "png": HTTPContentType("image/png")
        case "ico": HTTPContentType("image/x-icon")
        case "woff2": HTTPContentType("font/woff2")
        default: .text
        }
    }
}
