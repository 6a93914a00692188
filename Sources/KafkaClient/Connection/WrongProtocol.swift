import Transport

/// What a port speaks that is no broker's for this client: tells a wrong setting by the first bytes, or by their lack.
enum WrongProtocol {
    /// What the peer speaks, by the first four bytes of its first answer, where Kafka's length would stand: nil where they
    /// may be Kafka's.
    static func name(firstBytes bytes: UInt32) -> String? {
        // "HTTP" as a length is past a gigabyte, and a TLS alert (type 21, version 3.x) past 300 megabytes: no answer to the
        // first request, which is for versions, has so many bytes.
        if bytes == 0x4854_5450 { return "HTTP" }
        if bytes >> 16 == 0x1503 { return "TLS" }
        return nil
    }

    /// The error of a port whose first answer is in another protocol.
    static func error(_ name: String, broker: String) -> KafkaError {
        let what =
            name == "TLS"
            ? "\(broker) speaks TLS, and this client is set up without it"
            : "\(broker) speaks \(name), not Kafka's protocol"
        return KafkaError(.connection, what, broker: broker, isRetriable: true)
    }

    /// What is likely where a peer ends a connection before it has answered anything.
    static func likelyCause(isTLS: Bool) -> String {
        isTLS
            ? "the broker closed the connection before it answered: is the port a broker's TLS port?"
            : "the broker closed the connection before it answered: does the port want TLS, or is it no broker's?"
    }

    /// A TLS handshake's failure, with what is likely where the peer just hung up on it, as a broker's plain port does.
    static func connectFailure(_ error: TransportError, isTLS: Bool) -> String {
        guard isTLS else { return error.message }
        // Other failures of TLS, such as a certificate that is refused, say themselves what is wrong.
        let hungUp = error.code == .reset || (error.code == .tls && error.message.contains("closed the connection"))
        return hungUp ? "\(error.message): is the port a broker's plain one?" : error.message
    }
}
