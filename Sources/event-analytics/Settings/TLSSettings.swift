import KafkaClient
import Transport

/// How servers are spoken to over TLS, as variables with a common beginning say: `PREFIX` (`true`, `false`), `PREFIX_CA`,
/// `PREFIX_CERTIFICATE`, `PREFIX_KEY`, `PREFIX_SERVER_NAME`, `PREFIX_VERIFY` (`full`, `chain`, `none`).
struct TLSSettings: Sendable {
    /// Whether TLS is spoken: so too where one of the others is set, and the first is not.
    var isOn = false
    private var prefix = ""
    private var trust = TLSConfiguration.Trust.system
    private var identity: TLSConfiguration.Identity?
    private var serverName: String?
    private var verification = TLSConfiguration.Verification.full

    /// No TLS.
    init() {}

    /// Reads the variables.
    ///
    /// - Throws: `SettingError` for the first whose value cannot be used.
    init(_ prefix: String, _ environment: Environment) throws(SettingError) {
        self.prefix = prefix
        let others = Self.names(prefix).dropFirst()
        let first = others.first { environment[$0] != nil }
        isOn = try environment.word(prefix, default: first != nil, [("true", true), ("false", false)])
        if !isOn {
            if let first { throw SettingError(first, "is set where \(prefix) is false") }
            return
        }
        if let file = environment["\(prefix)_CA"] { trust = .file(file) }
        switch (environment["\(prefix)_CERTIFICATE"], environment["\(prefix)_KEY"]) {
        case (nil, nil): break
        case (let chain?, let key?): identity = .init(certificateChainFile: chain, privateKeyFile: key)
        case (nil, _):
            throw SettingError("\(prefix)_CERTIFICATE", "must name the certificate's file where \(prefix)_KEY is set")
        case (_, nil):
            throw SettingError("\(prefix)_KEY", "must name the key's file where \(prefix)_CERTIFICATE is set")
        }
        serverName = environment["\(prefix)_SERVER_NAME"]
        verification = try environment.word(
            "\(prefix)_VERIFY", default: .full, [("full", .full), ("chain", .chainOnly), ("none", .none)])
    }

    /// The variables' names.
    static func names(_ prefix: String) -> [String] {
        [prefix] + ["CA", "CERTIFICATE", "KEY", "SERVER_NAME", "VERIFY"].map { "\(prefix)_\($0)" }
    }

    /// What to speak; nil for no TLS. Reads the files.
    ///
    /// - Throws: `SettingError` where they cannot be used.
    func configuration() throws(SettingError) -> TLSConfiguration? {
        guard isOn else { return nil }
        do throws(TransportError) {
            return try .client(trust: trust, verification: verification, identity: identity, serverName: serverName)
        } catch {
            throw SettingError("\(prefix)_CA, \(prefix)_CERTIFICATE, \(prefix)_KEY:", error.message)
        }
    }
}

extension Settings {
    /// The variables of SASL.
    static let saslNames = [
        "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "KAFKA_SASL_PASSWORD_FILE",
    ]

    /// Who this program is to Kafka; nil where that is not asked for.
    static func sasl(_ environment: Environment) throws(SettingError) -> SASL? {
        let password = try environment.secret("KAFKA_SASL_PASSWORD")
        guard let user = environment["KAFKA_SASL_USERNAME"] else {
            for name in saslNames where environment[name] != nil {
                throw SettingError("KAFKA_SASL_USERNAME", "must be set where \(name) is")
            }
            return nil
        }
        guard let password else {
            throw SettingError(
                "KAFKA_SASL_PASSWORD", "(or KAFKA_SASL_PASSWORD_FILE) must be set where KAFKA_SASL_USERNAME is")
        }
        let make = try environment.word(
            "KAFKA_SASL_MECHANISM", default: SASL.scramSHA512,
            [
                ("plain", SASL.plain), ("scram-sha-256", SASL.scramSHA256), ("scram-sha-512", SASL.scramSHA512),
            ])
        return make(user, password)
    }
}
