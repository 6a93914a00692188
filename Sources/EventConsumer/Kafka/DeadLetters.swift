import Bytes
import KafkaClient
import KafkaProtocol

/// Puts messages that can never be applied where a person finds them, as they were, with the reason.
struct DeadLetters {
    let producer: KafkaProducer
    let topic: String
    let source: String

    /// Sends all of them; returns once Kafka has acknowledged the last one.
    func send(_ letters: [OperationBatch.DeadLetter]) async throws {
        guard !letters.isEmpty else { return }
        try await producer.prepare(topic: topic)
        for letter in letters {
            var headers = Array(letter.record.headers)
            headers.append(RecordHeader("dlq.reason", ByteSlice(utf8: letter.reason)))
            headers.append(RecordHeader("dlq.topic", ByteSlice(utf8: source)))
            headers.append(RecordHeader("dlq.partition", ByteSlice(utf8: "\(letter.partition)")))
            headers.append(RecordHeader("dlq.offset", ByteSlice(utf8: "\(letter.record.offset)")))
            _ = try await producer.send(
                topic: topic, key: letter.record.key, value: letter.record.value, headers: headers)
        }
    }
}
