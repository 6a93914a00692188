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
        var result = BatchResult()
        do {
            let deliveries = try await publish(items, of: body, &result)
            for (index, delivery) in deliveries {
                do throws(KafkaError) {
                    _ = try await delivery.settled()
                } catch {
                    guard error.code == .recordTooLarge else { throw error }
                    result.refuse(at: index, Self.tooLargeForKafka)
                }
            }
        } catch let error as KafkaError {
            services.metrics.refusedWrites.increment()
            throw HTTPError(error)
        }
        services.metrics.acceptedWrites.increment(by: result.accepted)
        return result.response()
    }

    private static let tooLargeForKafka = "item: is larger than Kafka's topic takes"

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

    /// Hands the items to the producer, in their order: what is wrong with one is noted, and the others go on.
    ///
    /// - Returns: what of them is on its way, by index.
    /// - Throws: `HTTPError` and `KafkaError` where Kafka does not take them now; some are on their way then.
    private func publish(
        _ items: [Range<Int>], of body: ByteSlice, _ result: inout BatchResult
    ) async throws -> [(index: Int, delivery: Delivery)] {
        let configuration = services.configuration
        let deadline = Deadline.after(configuration.acknowledgementTimeout)
        var deliveries: [(index: Int, delivery: Delivery)] = []
        var turnStart = 0
        for item in items {
            if item.upperBound - turnStart >= Self.turn {
                turnStart = item.upperBound
                await Task.yield()
            }
            // Half of the buffer is for requests with one operation, which do not wait for room.
            try await services.producer.onLoop.waitForRoom(configuration.bufferBytes / 2, until: deadline)
            guard item.count <= configuration.maximumBody else {
                result.refuse("item: is larger than \(configuration.maximumBody) bytes")
                continue
            }
            // Nothing waits between the check and the producer's batch, so that items are in Kafka in their order.
            let bytes = body.slice(item)
            let time = Timestamp(milliseconds: WallClock.milliseconds)
            let draft: EventDraft
            do throws(EventError) {
                draft = try EventDraft.item(bytes.span, names: configuration.eventNames, now: time)
            } catch {
                result.refuse(error.description)
                continue
            }
            try services.requireKafka()
            let id = draft.id ?? EventIDGenerator.shared.next(at: time)
            do {
                let delivery = try services.producer.onLoop.append(topic: configuration.topic.name) { key, value in
                    id.write(into: &key)
                    draft.write(of: bytes.span, id: id, at: time, into: &value)
                }
                deliveries.append((result.count, delivery))
                result.accept(id)
                services.accepted(draft, of: bytes.span, id: id, at: time)
            } catch let error as KafkaError where error.code == .recordTooLarge {
                result.refuse(Self.tooLargeForKafka)
            }
        }
        return deliveries
    }
}
