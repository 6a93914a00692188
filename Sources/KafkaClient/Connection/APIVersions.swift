import KafkaProtocol

/// The versions that a broker speaks, and the choice among them.
struct APIVersions: Sendable {
    private var ranges: [APIKey: ClosedRange<Int16>] = [:]

    init() {}

    init(_ keys: [ApiVersionsResponse.APIVersion]) {
        for key in keys where key.minVersion <= key.maxVersion { ranges[key.apiKey] = key.minVersion...key.maxVersion }
    }

    /// The newest version that both sides speak.
    ///
    /// - Parameter limit: the newest that the caller is ready for.
    func pick<Request: KafkaRequest>(
        _ request: Request.Type, limit: Int16 = .max, broker: String
    ) throws(KafkaError) -> Int16 {
        let ours = Request.versions
        guard let theirs = ranges[Request.apiKey] else {
            throw KafkaError(.unsupportedVersion, "the broker does not know \(Request.apiKey)", broker: broker)
        }
        let newest = min(ours.upperBound, theirs.upperBound, limit)
        guard newest >= max(ours.lowerBound, theirs.lowerBound) else {
            throw KafkaError(
                .unsupportedVersion, "\(Request.apiKey): the broker speaks versions \(theirs), this client \(ours)",
                broker: broker)
        }
        return newest
    }

    /// Whether the broker knows a request at all.
    func knows<Request: KafkaRequest>(_ request: Request.Type) -> Bool { ranges[Request.apiKey] != nil }
}
