import COpenSSL
import Glibc

/// OpenSSL's errors as one line for people.
enum TLSError {
    /// What this thread's error queue holds, as one line; the queue is empty afterwards.
    static func takeQueue() -> String {
        var reasons: [String] = []
        while true {
            var data: UnsafePointer<CChar>?
            var flags: Int32 = 0
            let code = ERR_get_error_all(nil, nil, nil, &data, &flags)
            if code == 0 { break }
            var reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
            if flags & ERR_TXT_STRING != 0, let data {
                let detail = String(cString: data)
                if !detail.isEmpty { reason += " (\(detail))" }
            }
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        return reasons.joined(separator: ": ")
    }

    /// The error of loading something from a file.
    static func loading(_ what: String, _ path: String) -> TransportError {
        let queue = takeQueue()
        return TransportError(
            .tls, "\(what) '\(path)' cannot be used: \(queue.isEmpty ? "unknown reason" : queue)")
    }

    /// A certificate's subject or issuer on one line, such as `O=Example, CN=localhost`.
    static func text(of name: OpaquePointer?) -> String {
        guard let name, let bio = BIO_new(BIO_s_mem()) else { return "?" }
        defer { BIO_free(bio) }
        guard X509_NAME_print_ex(bio, name, 0, copenssl_name_format()) >= 0 else { return "?" }
        return withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let count = BIO_read(bio, buffer.baseAddress, Int32(buffer.count))
            return String(decoding: buffer.prefix(max(Int(count), 0)), as: UTF8.self)
        }
    }

    /// What makes a handshake's failure plain: the certificate and the reason, or what the peer said.
    static func handshake(_ queue: String, refused: RefusedCertificate?, host: String?) -> String {
        if let refused {
            let name =
                refused.depth == 0 ? "certificate '\(refused.subject)'" : "authority '\(refused.subject)'"
            switch refused.code {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                return "TLS: the \(name) is not for '\(host ?? "?")'"
            default:
                return "TLS: the \(name), issued by '\(refused.issuer)', is refused: \(refused.reason)"
            }
        }
        if queue.contains("wrong version number") || queue.contains("http request")
            || queue.contains("packet length too long")
        {
            return "TLS: the peer does not seem to speak TLS (\(queue))"
        }
        if queue.contains("unexpected eof") {
            return "TLS: the peer closed the connection during the handshake"
        }
        if let said = alert(in: queue) { return "TLS: the peer refused: \(said)" }
        return "TLS: the handshake failed: \(queue.isEmpty ? "unknown reason" : queue)"
    }

    /// What the peer said: `certificate required` of `tlsv13 alert certificate required (SSL alert number 116)`.
    private static func alert(in queue: String) -> String? {
        let words = queue.split(separator: " ")
        guard let place = words.firstIndex(of: "alert") else { return nil }
        return words[(place + 1)...].prefix { !$0.hasPrefix("(") }.joined(separator: " ")
    }
}

/// The certificate that verification stopped at.
struct RefusedCertificate {
    var subject: String
    var issuer: String
    var depth: Int32
    var code: Int32
    var reason: String
}
