import Bytes
import COpenSSL

/// The client's side of SCRAM: it proves that it knows the password without sending it, and has the broker prove the
/// same (RFC 5802, RFC 7677).
struct SCRAM {
    private let hash: OpaquePointer?
    private let user: String
    private let password: String
    private let nonce: String
    private var expected: [UInt8] = []

    /// - Parameter nonce: printable characters without commas, never used before.
    init(_ sasl: SASL, nonce: String = SCRAM.nonce()) {
        hash = sasl.mechanism == .scramSHA512 ? EVP_sha512() : EVP_sha256()
        user = sasl.user.map { $0 == "=" ? "=3D" : $0 == "," ? "=2C" : String($0) }.joined()
        password = sasl.password
        self.nonce = nonce
    }

    private static func nonce() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64.encode((0..<24).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    private var firstBare: String { "n=\(user),r=\(nonce)" }

    /// What the client says first.
    var first: ByteSlice { ByteSlice(utf8: "n,,\(firstBare)") }

    /// The proof for the broker's challenge.
    mutating func answer(to challenge: ByteSlice) throws(KafkaError) -> ByteSlice {
        let text = challenge.utf8 ?? ""
        let fields = Self.fields(text)
        guard let theirs = fields["r"], theirs.hasPrefix(nonce), theirs.count > nonce.count,
            let salt = fields["s"].flatMap(Base64.decode), let rounds = fields["i"].flatMap({ Int32($0) })
        else { throw Self.refused("the broker's challenge is none") }
        // Fewer make guessing the password too easy (RFC 7677); many more would only keep the loop busy.
        guard (4096...1_000_000).contains(rounds) else { throw Self.refused("the broker asks for \(rounds) rounds") }
        let salted = derive(salt: salt, rounds: rounds)
        let clientKey = hmac(salted, "Client Key")
        let final = "c=biws,r=\(theirs)"
        let message = "\(firstBare),\(text),\(final)"
        let signature = hmac(digest(clientKey), message)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        expected = hmac(hmac(salted, "Server Key"), message)
        return ByteSlice(utf8: "\(final),p=\(Base64.encode(proof))")
    }

    /// Checks that the broker knows the password, too.
    func verify(_ verdict: ByteSlice) throws(KafkaError) {
        let fields = Self.fields(verdict.utf8 ?? "")
        if let error = fields["e"] { throw Self.refused("the broker says '\(error)'") }
        guard let proof = fields["v"].flatMap(Base64.decode), !expected.isEmpty, proof == expected else {
            throw Self.refused("the broker does not know the password")
        }
    }

    private static func refused(_ why: String) -> KafkaError { KafkaError(.authentication, "SCRAM: \(why)") }

    /// `a=…,b=…` by their letters.
    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for part in text.split(separator: ",") {
            guard part.dropFirst().first == "=" else { continue }
            fields[String(part.prefix(1))] = String(part.dropFirst(2))
        }
        return fields
    }

    // MARK: Hashes

    private var size: Int { Int(EVP_MD_get_size(hash)) }

    private func derive(salt: [UInt8], rounds: Int32) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: size)
        let password = Array(password.utf8)
        _ = password.withUnsafeBytes { bytes in
            PKCS5_PBKDF2_HMAC(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), salt, Int32(salt.count),
                rounds, hash, Int32(size), &key)
        }
        return key
    }

    private func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: size)
        var length: UInt32 = 0
        let bytes = Array(text.utf8)
        _ = HMAC(hash, key, Int32(key.count), bytes, bytes.count, &result, &length)
        return result
    }

    private func digest(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: size)
        var length: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &result, &length, hash, nil)
        return result
    }
}

/// Base64 with padding (RFC 4648), for SCRAM's messages.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for (index, byte) in group.enumerated() { bits |= UInt32(byte) << UInt32(16 - 8 * index) }
            for index in 0..<4 {
                let isThere = index <= group.count
                text.append(isThere ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") { break }
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }
}
