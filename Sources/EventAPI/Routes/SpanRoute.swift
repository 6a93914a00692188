import Bytes
import Events
import HTTP
import OTLP
import Transport

/// `POST /v1/traces`: spans of applications that are instrumented with OpenTelemetry, as events (OTLP/HTTP 1.x).
///
/// All spans are decoded before any is published: a request that cannot be decoded is refused as a whole.
struct SpanRoute {
    let services: LoopServices
    let bodies: RequestBodies

    init(services: LoopServices) {
        self.services = services
        bodies = RequestBodies(limit: services.configuration.maximumBatch)
    }

    func register(on routes: APIRoutes) {
        routes.on(.scope(.write), .post, "/v1/traces") { try await traces($0) }
    }

    /// After so many bytes other requests have their turn.
    private static let turn = 256 << 10

    private func traces(_ request: HTTPRequest) async throws -> HTTPResponse {
        let encoding = try Self.encoding(of: request)
        let body = try await bodies.collect(request)
        var events: [ByteSlice] = []
        var refused = Refused()
        do throws(OTLPError) {
            let spans = try SpanRequest(body, encoding)
            var turn = 0
            for index in 0..<spans.count {
                turn += spans.size(of: index)
                if turn >= Self.turn {
                    turn = 0
                    await Task.yield()
                }
                switch try spans.event(of: index, all: services.configuration.takesAllSpans) {
                case .success(let event): events.append(event)
                case .failure(let error): refused.add(error.description)
                case nil: break
                }
            }
        } catch {
            let status = SpanResponse.invalid(encoding, error.description)
            return HTTPResponse(.badRequest, contentType: encoding.contentType, body: .bytes(status))
        }
        try services.access.take(events.count, of: request)
        let result = try await services.publish(events.count, names: .any, headers: request.recordHeaders) {
            events[$0]
        }
        for error in result.refusals { refused.add(error) }
        let answer = SpanResponse.accepted(encoding, refused: refused.count, reason: refused.reason)
        return HTTPResponse(.ok, contentType: encoding.contentType, body: .bytes(answer))
    }

    /// What was refused, and why the first of them was.
    private struct Refused {
        private(set) var count = 0
        private var first = ""

        mutating func add(_ reason: String) {
            if count == 0 { first = reason }
            count += 1
        }

        var reason: String { count > 1 ? "\(first) (and \(count - 1) more)" : first }
    }

    private static func encoding(of request: HTTPRequest) throws(HTTPError) -> SpanRequest.Encoding {
        let type = request.headers.first("content-type")?.description ?? ""
        let name = type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        switch name {
        case "application/x-protobuf": return .protobuf
        case "application/json": return .json
        default:
            throw HTTPError(
                .unsupportedMediaType,
                "Content-Type: must be application/x-protobuf or application/json, not '\(String(type.prefix(64)))'")
        }
    }
}

extension SpanRequest.Encoding {
    fileprivate var contentType: HTTPContentType {
        switch self {
        case .protobuf: HTTPContentType("application/x-protobuf")
        case .json: .json
        }
    }
}
