import Bytes
import Transport

/// What a key allows.
public enum APIScope: String, CaseIterable, Sendable {
    /// Creating, changing and deleting events.
    case write
    /// Reading events, lists and figures.
    case read
    /// All of it, and what shows how the service fares.
    case admin

    /// Whether whoever has this scope may do what another one allows.
    func includes(_ other: APIScope) -> Bool { self == other || self == .admin }
}

/// The keys that the API lets in: of each its name, its scopes, and the SHA-256 of the key, never the key itself.
public struct APIKeys: Sendable, Equatable {
    /// A key, as far as it is known here.
    public struct Key: Sendable, Hashable {
        /// What it is called, in logs and refusals too.
        public let name: String
        /// What it allows.
        public let scopes: Set<APIScope>
        /// Of the key's bytes.
        let digest: SHA256Digest

        func allows(_ scope: APIScope) -> Bool { scopes.contains { $0.includes(scope) } }

        /// The key's entry, `name:scope+scope:sha256`, as `API_KEYS` has it.
        public var entry: String {
            let scopes = APIScope.allCases.filter(self.scopes.contains).map(\.rawValue).joined(separator: "+")
            return "\(name):\(scopes):\(digest)"
        }

        /// The entry of a new key.
        ///
        /// - Throws: `APIKeyError` for a name that an entry cannot hold, or no scope.
        public init(name: String, scopes: Set<APIScope>, key: String) throws(APIKeyError) {
            try self.init(name: name, scopes: scopes, digest: SHA256Digest(of: ByteSlice(utf8: key).span))
        }

        private init(name: String, scopes: Set<APIScope>, digest: SHA256Digest) throws(APIKeyError) {
            let isName = name.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7f && ![":", ",", "#"].contains(Character(.init($0)))
            }
            guard isName, 1...100 ~= name.utf8.count else {
                throw APIKeyError("a key's name is up to 100 visible ASCII characters other than ':', ',' and '#'")
            }
            guard !scopes.isEmpty else { throw APIKeyError("the key '\(name)' has no scope") }
            self.name = name
            self.scopes = scopes
            self.digest = digest
        }

        /// Reads an entry. What is wrong is said without the digest.
        fileprivate init(_ entry: Substring) throws(APIKeyError) {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3 else { throw APIKeyError("an entry is name:scope+scope:sha256-of-key-in-hex") }
            guard let digest = SHA256Digest(hexadecimal: parts[2]) else {
                throw APIKeyError("the key '\(parts[0].prefix(100))' needs its SHA-256, 64 hexadecimal digits")
            }
            try self.init(name: String(parts[0]), scopes: try Self.scopes(parts[1]), digest: digest)
        }

        /// The scopes that a text such as `write+read` names.
        public static func scopes(_ text: some StringProtocol) throws(APIKeyError) -> Set<APIScope> {
            var scopes: Set<APIScope> = []
            for word in text.split(separator: "+", omittingEmptySubsequences: false) {
                guard let scope = APIScope(rawValue: String(word)) else {
                    let known = APIScope.allCases.map(\.rawValue).joined(separator: ", ")
                    throw APIKeyError("a scope is one of \(known), with '+' between several, not '\(word.prefix(32))'")
                }
                scopes.insert(scope)
            }
            return scopes
        }
    }

    /// In the order in which they were given.
    public let keys: [Key]

    /// Reads entries with commas between them, or one a line; blanks around them, empty lines and lines that begin with
    /// `#` are nothing.
    ///
    /// - Throws: `APIKeyError` for the first that is wrong, and where there is none.
    public init(_ text: String) throws(APIKeyError) {
        var keys: [Key] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard line.first(where: { $0 != " " && $0 != "\t" }) != "#" else { continue }
            for piece in line.split(separator: ",") {
                var entry = piece.drop { $0 == " " || $0 == "\t" }
                while entry.last == " " || entry.last == "\t" { entry.removeLast() }
                guard !entry.isEmpty else { continue }
                let key = try Key(entry)
                guard !keys.contains(where: { $0.name == key.name }) else {
                    throw APIKeyError("there are two keys of the name '\(key.name)'")
                }
                keys.append(key)
            }
        }
        guard !keys.isEmpty else { throw APIKeyError("there is no key: make one with `event-analytics keys new NAME`") }
        self.keys = keys
    }

    /// The key whose bytes these are; nil where it is none of them. It takes as long whichever it is.
    func key(_ bytes: RawSpan) -> Key? {
        let digest = SHA256Digest(of: bytes)
        var found: Key?
        for key in keys where key.digest == digest { found = key }
        return found
    }
}

/// Why keys cannot be used.
public struct APIKeyError: Error, CustomStringConvertible, Equatable {
    /// What is wrong.
    public let description: String

    init(_ description: String) { self.description = description }
}
