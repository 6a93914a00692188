public import Bytes

/// A way to make bodies smaller that clients may take (RFC 9110, section 8.4).
public struct HTTPContentCoding: Sendable {
    /// Its name, in lower case.
    public var name: String

    /// Shorter bodies are left as they are, in bytes.
    public var minimum = 1_024

    /// Makes an encoder; nil where there is no memory for one, so that the body is sent as it is.
    public var makeEncoder: @Sendable () -> (any HTTPContentEncoder)?

    /// A coding.
    public init(_ name: String, makeEncoder: @escaping @Sendable () -> (any HTTPContentEncoder)?) {
        self.name = name
        self.makeEncoder = makeEncoder
    }

    /// Whether the client takes it (RFC 9110, section 12.5.3). One that says nothing is not taken to.
    func isAccepted(by headers: HTTPHeaders) -> Bool {
        isAccepted(by: headers.all("accept-encoding").map(\.description))
    }

    /// Whether the client takes gzip.
    public static func isGzipAccepted(by headers: HTTPHeaders) -> Bool {
        HTTPContentCoding("gzip") { nil }.isAccepted(by: headers)
    }

    /// Whether these values of `Accept-Encoding` allow it: by its name, by its old one with `x-`, or by `*`.
    func isAccepted(by values: [String]) -> Bool {
        var named: Bool?
        var other: Bool?
        for value in values {
            for piece in value.split(separator: ",") {
                let parts = piece.split(separator: ";").map { part in
                    String(part.filter { $0 != " " && $0 != "\t" }).lowercased()
                }
                let allowed = parts.dropFirst().allSatisfy(Self.isAllowed(by:))
                switch parts.first {
                case name, "x-" + name: named = (named ?? false) || allowed
                case "*": other = allowed
                default: break
                }
            }
        }
        return named ?? other ?? false
    }

    /// Whether a parameter is a weight that is not zero.
    private static func isAllowed(by parameter: String) -> Bool {
        guard parameter.hasPrefix("q="), let weight = Double(parameter.dropFirst(2)) else { return false }
        return weight > 0 && weight <= 1
    }
}

/// Encodes bodies, one after the other. It belongs to one loop.
public protocol HTTPContentEncoder: AnyObject {
    /// Begins another body, whatever became of the last one.
    func begin()

    /// Writes what a piece of the body becomes behind what the writer holds.
    func encode(_ piece: RawSpan, then following: HTTPContentFollowing, into writer: inout ByteWriter) throws
}

/// What comes behind a piece of a body.
public enum HTTPContentFollowing: Sendable {
    /// Another piece: some of this one may be kept back until then.
    case more
    /// Perhaps nothing for a while: the client must be able to decode what came so far.
    case pause
    /// Nothing: the body ends.
    case end
}
