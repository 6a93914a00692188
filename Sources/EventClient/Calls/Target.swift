/// A path and a query, percent-encoded as they are built.
struct Target {
    private(set) var text: String
    private var hasQuery = false

    init(_ path: String) { text = path }

    /// A path that ends with a segment of any text.
    init(_ path: String, segment: String) {
        text = path + "/"
        // Proxies take dots that stand alone for a way up.
        if segment == "." || segment == ".." {
            for _ in segment { text += "%2E" }
        } else {
            text.appendEncoded(segment)
        }
    }

    mutating func add(_ name: String, _ value: String) {
        text += hasQuery ? "&" : "?"
        hasQuery = true
        text.appendEncoded(name)
        text += "="
        text.appendEncoded(value)
    }

    mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, value) }
    }
}

extension String {
    /// Adds text of which only the unreserved characters stand for themselves (RFC 3986, section 2.3).
    fileprivate mutating func appendEncoded(_ other: String) {
        for byte in other.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                append(Character(Unicode.Scalar(byte)))
            default:
                append("%")
                append(Self.hexadecimal[Int(byte >> 4)])
                append(Self.hexadecimal[Int(byte & 15)])
            }
        }
    }

    private static let hexadecimal = Array("0123456789ABCDEF")
}
