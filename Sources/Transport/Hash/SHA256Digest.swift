import Bytes
import COpenSSL

/// What SHA-256 makes of some bytes (FIPS 180-4), by libcrypto. Two are compared in a time that says nothing of where they
/// differ.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    private let words: [UInt64]

    /// The digest of the bytes.
    public init(of bytes: RawSpan) {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        bytes.withUnsafeBytes { bytes in
            _ = EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil)
        }
        words = Self.words(digest)
    }

    /// The digest that 64 hexadecimal digits, of either case, stand for; nil where they are not just that.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap(\.hexadecimalValue)
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        words = Self.words((0..<32).map { digits[$0 * 2] << 4 | digits[$0 * 2 + 1] })
    }

    private static func words(_ bytes: [UInt8]) -> [UInt64] {
        (0..<4).map { word in bytes[(word * 8)..<(word * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// Whether two are the same.
    public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<4 { difference |= left.words[index] ^ right.words[index] }
        return difference == 0
    }

    /// 64 hexadecimal digits, in lower case.
    public var description: String {
        words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
