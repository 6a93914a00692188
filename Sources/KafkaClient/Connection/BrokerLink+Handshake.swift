import Bytes
import KafkaProtocol

/// What is said first on a connection: the versions, then who the client is.
extension BrokerLink {
    func greet() async throws(KafkaError) {
        versions = try await negotiate()
        if let sasl = configuration.sasl { try await authenticate(sasl) }
    }

    /// Asks for the broker's versions (KIP-35, KIP-511).
    private func negotiate() async throws(KafkaError) -> APIVersions {
        let request = ApiVersionsRequest {
            $0.clientSoftwareName = "swift-kafka-client"
            $0.clientSoftwareVersion = "1.0"
        }
        let newest = ApiVersionsRequest.versions.upperBound
        let timeout = configuration.connectTimeout
        let body = try await answer(to: request, version: newest, timeout: timeout)
        // A broker that does not know this version answers in version 0, whatever was asked.
        let response: ApiVersionsResponse
        if body.count >= 2, body[0] == 0, body[1] == 35 {
            // Where it does not even say which ones it knows, the oldest is left (librdkafka's mock cluster).
            let plain = try? decode(ApiVersionsResponse.self, body, version: 0, broker: broker).get()
            let theirs = plain?.apiKeys.first { $0.apiKey == .apiVersions }?.maxVersion ?? 0
            let version = max(min(theirs, newest), 0)
            response = try await exchange(request, version: version, timeout: timeout)
        } else {
            response = try decode(ApiVersionsResponse.self, body, version: newest, broker: broker).get()
        }
        guard response.errorCode == .none else {
            throw KafkaError(
                server: response.errorCode, "the versions were not told", broker: broker)
        }
        return APIVersions(response.apiKeys)
    }

    private func authenticate(_ sasl: SASL) async throws(KafkaError) {
        let timeout = configuration.connectTimeout
        let handshake = SaslHandshakeRequest { $0.mechanism = sasl.mechanism.rawValue }
        let version = try versions.pick(SaslHandshakeRequest.self, broker: broker)
        let offer = try await exchange(handshake, version: version, timeout: timeout)
        guard offer.errorCode == .none else {
            throw KafkaError(
                server: offer.errorCode,
                "\(sasl.mechanism.rawValue) is not offered, only \(offer.mechanisms.joined(separator: ", "))",
                broker: broker)
        }
        switch sasl.mechanism {
        case .plain:
            _ = try await authenticate(ByteSlice(utf8: "\0\(sasl.user)\0\(sasl.password)"))
        case .scramSHA256, .scramSHA512:
            var scram = SCRAM(sasl)
            let challenge = try await authenticate(scram.first)
            let verdict = try await authenticate(try scram.answer(to: challenge))
            try scram.verify(verdict)
        }
    }

    private func authenticate(_ bytes: ByteSlice) async throws(KafkaError) -> ByteSlice {
        let version = try versions.pick(SaslAuthenticateRequest.self, broker: broker)
        let request = SaslAuthenticateRequest { $0.authBytes = bytes }
        let response = try await exchange(request, version: version, timeout: configuration.connectTimeout)
        guard response.errorCode == .none else {
            throw KafkaError(
                server: response.errorCode, "the credentials were not accepted", detail: response.errorMessage,
                broker: broker)
        }
        return response.authBytes
    }
}
