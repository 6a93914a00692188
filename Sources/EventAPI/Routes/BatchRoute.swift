import Bytes
import Events
import HTTP
import KafkaClient
import Telemetry
import Transport

/// `POST /events/batch`: many operations in one request, each checked and handed to Kafka as if it had come alone; the
/// answer waits for all of them.
///
/// The body is gone through twice: once to see that it can be taken at all, before anything of it is; then item by item,
/// straight into the producer's open batches. What is kept beside the body is where its items are, and what became of them.
struct BatchRoute {
    let services: LoopServices
    let bodies: RequestBodies

    init(services: LoopServices) {
        self.services = services
        bodies = RequestBodies(limit: services.configuration.maximumBatch)
    }

    func register(on routes: APIRoutes) {
        routes.on(.scope(.write), .post, "/events/batch") { try await batch($0) }
    }

    /// After so many bytes other requests have their turn.
    private static let turn = 256 << 10

    private func batch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await bodies.collect(request)
        let items = try await items(of: body)
        try services.access.take(items.count, of: request)
        let result = try await services.publish(
            items.count, names: services.configuration.eventNames, headers: request.recordHeaders
        ) {
            body.slice(items[$0])
        }
        return result.response()
    }

    /// Where the items are, once it is known that there are not too many, and that an array is JSON to its end.
    private func items(of body: ByteSlice) async throws -> [Range<Int>] {
        var items: [Range<Int>] = []
        do throws(EventError) {
            var reader = try BatchReader(body, maximumItems: services.configuration.maximumBatchItems)
            var turnStart = 0
            while let item = try reader.next() {
                items.append(item)
                guard item.upperBound - turnStart >= Self.turn else { continue }
                turnStart = item.upperBound
                await Task.yield()
            }
        } catch {
            throw error.code == .tooMany ? HTTPError(.contentTooLarge, error.description) : HTTPError(error)
        }
        return items
    }
}
