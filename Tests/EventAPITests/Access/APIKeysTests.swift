import Bytes
import Testing
import Transport

@testable import EventAPI

@Suite("The API's keys")
struct APIKeysTests {
    private static let digest = SHA256Digest(of: "secret")

    @Test("the digest is that of the standard")
    func digest() {
        #expect(
            "\(SHA256Digest(of: "abc"))"
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            "\(SHA256Digest(of: ""))"
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256Digest(hexadecimal: "\(Self.digest)") == Self.digest)
        #expect(SHA256Digest(hexadecimal: "\(Self.digest)".uppercased()) == Self.digest)
        #expect(SHA256Digest(hexadecimal: "\(Self.digest)0") == nil)
        #expect(SHA256Digest(hexadecimal: "\(Self.digest)".dropLast()) == nil)
        #expect(SHA256Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
    }

    @Test("entries stand with commas between them, or one a line, with notes")
    func entries() throws {
        let one = "one:write:\(Self.digest)"
        let two = "two:read+admin:\(SHA256Digest(of: "2"))"
        for text in [
            "\(one),\(two)", " \(one) , \(two),", "# keys\n\n\(one)\r\n\t\(two)\n", "\(one)\n  # none,here\n\(two)",
        ] {
            let keys = try APIKeys(text).keys
            #expect(keys.map(\.name) == ["one", "two"])
            #expect(keys.map(\.scopes) == [[.write], [.read, .admin]])
            #expect(keys[0].entry == one)
        }
    }

    @Test("what is wrong with an entry is said, and never its digest")
    func wrong() {
        let hex = "\(Self.digest)"
        for (text, expected) in [
            ("", "no key"), ("# none", "no key"), ("one", "name:scope"), ("one:write", "name:scope"),
            ("one:write:\(hex):x", "name:scope"), ("one:write:\(hex.dropLast())", "64 hexadecimal"),
            ("one::\(hex)", "a scope is one of write, read, admin"), ("one:write+:\(hex)", "a scope is one of"),
            ("one:Write:\(hex)", "not 'Write'"), (":write:\(hex)", "name"), ("a b:write:\(hex)", "name"),
            ("one:write:\(hex),one:read:\(hex)", "two keys of the name 'one'"),
        ] {
            let error = #expect(throws: APIKeyError.self, "\(text)") { try APIKeys(text) }
            #expect(error?.description.contains(expected) == true, "\(text): \(error?.description ?? "")")
            #expect(error?.description.contains(hex.prefix(16)) == false)
        }
    }

    @Test("admin includes the others; the others include themselves")
    func scopes() {
        for scope in APIScope.allCases {
            #expect(APIScope.admin.includes(scope))
            #expect(APIScope.read.includes(scope) == (scope == .read))
            #expect(APIScope.write.includes(scope) == (scope == .write))
        }
    }

    @Test("a key is found by its bytes")
    func finds() throws {
        let keys = try APIKeys("one:write:\(Self.digest),two:read:\(SHA256Digest(of: "2"))")
        #expect(keys.key("secret")?.name == "one")
        #expect(keys.key("2")?.name == "two")
        #expect(keys.key("Secret") == nil)
        #expect(keys.key("") == nil)
    }
}

extension SHA256Digest {
    fileprivate init(of text: String) {
        let bytes = ByteSlice(utf8: text)
        self.init(of: bytes.span)
    }
}

extension APIKeys {
    fileprivate func key(_ text: String) -> Key? {
        let bytes = ByteSlice(utf8: text)
        return key(bytes.span)
    }
}
