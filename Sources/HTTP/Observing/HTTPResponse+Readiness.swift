import Bytes
public import Telemetry

extension HTTPResponse {
    /// Says how a service's dependencies are: 200 where all are well, else 503; the body names each.
    public static func readiness(_ report: ReadinessReport) -> HTTPResponse {
        var writer = ByteWriter(capacity: 256)
        report.writeJSON(into: &writer)
        if report.isReady { return .json(.ok, writer.finish()) }
        return .json(.serviceUnavailable, writer.finish(), headers: [HTTPHeader("retry-after", "1")])
    }
}
