import Bytes
import Events
import KafkaClient
import KafkaProtocol
import HTTP
import Telemetry
import Transport

/// Many operations at once, each checked and handed to Kafka as if it had come alone.
extension LoopServices {
    /// After so many bytes other requests have their turn.
    private static let turn = 256 << 10

    /// Those who send more at once do not read them back one by one.
    private static let largestRead = 1_000

    private static let tooLargeForKafka = "item: is larger than Kafka's topic takes"

    /// Publishes items, in their order, and waits for Kafka's acknowledgement of all of them.
    ///
    /// - Parameters:
    ///   - names: The names that events may have.
    ///   - headers: What goes with each of them through Kafka.
    ///   - item: An item's JSON, by index.
    /// - Throws: `HTTPError` where Kafka does not take them now; some may have been taken then.
    func publish(
        _ count: Int, names: EventNames, headers: [RecordHeader], _ item: (Int) -> ByteSlice
    ) async throws -> BatchResult {
        var result = BatchResult()
        do {
            let deliveries = try await hand(count, names: names, headers, &result, item)
            for (index, delivery) in deliveries {
                do throws(KafkaError) {
                    _ = try await delivery.settled()
                } catch {
                    guard error.code == .recordTooLarge else { throw error }
                    result.refuse(at: index, Self.tooLargeForKafka)
                }
            }
        } catch let error as KafkaError {
            metrics.refusedWrites.increment()
            throw HTTPError(error)
        }
        metrics.acceptedWrites.increment(by: result.accepted)
        return result
    }

    /// Hands the items to the producer, in their order: what is wrong with one is noted, and the others go on.
    ///
    /// - Returns: what of them is on its way, by index.
    /// - Throws: `HTTPError` and `KafkaError` where Kafka does not take them now; some are on their way then.
    private func hand(
        _ count: Int, names: EventNames, _ headers: [RecordHeader], _ result: inout BatchResult,
        _ item: (Int) -> ByteSlice
    ) async throws -> [(index: Int, delivery: Delivery)] {
        let deadline = Deadline.after(configuration.acknowledgementTimeout)
        var deliveries: [(index: Int, delivery: Delivery)] = []
        var turn = 0
        for index in 0..<count {
            let bytes = item(index)
            turn += bytes.count
            if turn >= Self.turn {
                turn = 0
                await Task.yield()
            }
            // Half of the buffer is for requests with one operation, which do not wait for room.
            try await producer.onLoop.waitForRoom(configuration.bufferBytes / 2, until: deadline)
            guard bytes.count <= configuration.maximumBody else {
                result.refuse("item: is larger than \(configuration.maximumBody) bytes")
                continue
            }
            // Nothing waits between the check and the producer's batch, so that items are in Kafka in their order.
            let time = Timestamp(milliseconds: WallClock.milliseconds)
            let draft: EventDraft
            do throws(EventError) {
                draft = try EventDraft.item(bytes.span, names: names, now: time)
            } catch {
                result.refuse(error.description)
                continue
            }
            try requireKafka()
            let id = draft.id ?? EventIDGenerator.shared.next(at: time)
            do {
                let delivery = try producer.onLoop.append(topic: configuration.topic.name, headers: headers) {
                    key, value in
                    id.write(into: &key)
                    draft.write(of: bytes.span, id: id, at: time, into: &value)
                }
                deliveries.append((result.count, delivery))
                result.accept(id)
                if count <= Self.largestRead { accepted(draft, of: bytes.span, id: id, at: time) }
            } catch let error as KafkaError where error.code == .recordTooLarge {
                result.refuse(Self.tooLargeForKafka)
            }
        }
        return deliveries
    }
}
