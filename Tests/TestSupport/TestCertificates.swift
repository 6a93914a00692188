public import Transport

/// Certificates for tests, made by the `openssl` program in a temporary folder, once a process.
public struct TestCertificates: Sendable {
    /// Where they are.
    public let folder: String

    /// The folder with all of them, made when it is asked for first.
    public static func shared() async throws -> TestCertificates { try await task.value }

    // Not structured: whichever test comes first makes them for all.
    private static let task = Task {
        let folder = temporaryPath()
        let result = try await Command.run(["sh", "-e"], input: script(folder))
        guard result.status == 0 else { throw TestFailure("openssl: \(result.output)") }
        return TestCertificates(folder: folder)
    }

    /// The authority's certificate.
    public var authority: String { folder + "/ca.pem" }
    /// Another authority's certificate, which signed nothing here.
    public var otherAuthority: String { folder + "/other-ca.pem" }
    /// A certificate for `localhost` and 127.0.0.1.
    public var server: TLSConfiguration.Identity { identity("server") }
    /// A certificate for `elsewhere.example`.
    public var elsewhere: TLSConfiguration.Identity { identity("elsewhere") }
    /// A certificate for `localhost` that has expired.
    public var expired: TLSConfiguration.Identity { identity("expired") }
    /// A client's certificate.
    public var client: TLSConfiguration.Identity { identity("client") }
    /// A client's certificate that signs itself.
    public var stranger: TLSConfiguration.Identity { identity("stranger") }

    private func identity(_ name: String) -> TLSConfiguration.Identity {
        .init(certificateChainFile: "\(folder)/\(name).pem", privateKeyFile: "\(folder)/\(name).key")
    }

    private static func script(_ folder: String) -> String {
        """
        mkdir -p \(folder); cd \(folder)
        new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        authority() { openssl req -x509 $new -keyout $1.key -out $1.pem -days 30 -subj "/CN=$2"; }
        authority ca "Test Authority"; authority other-ca "Other Authority"; authority stranger "stranger"
        leaf() {
            openssl req $new -keyout $1.key -out $1.csr -subj "/O=Tests/CN=$2"
            printf "subjectAltName=$3" > $1.ext
            openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -set_serial $4 -days $5 -extfile $1.ext -out $1.pem
        }
        leaf server localhost "DNS:localhost,IP:127.0.0.1" 1 30
        leaf elsewhere elsewhere.example "DNS:elsewhere.example" 2 30
        leaf expired localhost "DNS:localhost,IP:127.0.0.1" 3 -1
        leaf client a-client "DNS:a-client" 4 30

        """
    }
}
