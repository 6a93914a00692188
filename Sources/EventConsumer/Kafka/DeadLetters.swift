import Bytes
import Events
import KafkaClient
import KafkaProtocol
import Telemetry

/// Puts messages that can never be applied where a person finds them, with the reason. On the producer's loop.
struct DeadLetters {
    let producer: KafkaProducer
    let topic: String
    let source: String
    let log: Logger
    /// So many are on their way at once.
    private static let window = 256

    /// A letter on its way.
    private struct Sent {
        let index: Int
        let cut: DeadLetter.Cut
        let delivery: Delivery
    }

    /// Sends the letters that are not `done`, and notes there each one that Kafka has acknowledged: where one fails, the others
    /// are not put aside again.
    ///
    /// - Throws: `KafkaError` where Kafka does not take one now.
    func send(_ letters: [DeadLetter], done: inout Set<Int>) async throws {
        guard done.count < letters.count else { return }
        try await producer.prepare(topic: topic)
        var next = 0
        while next < letters.count {
            var sent: [Sent] = []
            while next < letters.count, sent.count < Self.window {
                defer { next += 1 }
                if done.contains(next) { continue }
                let cut = letters[next].firstCut
                do {
                    sent.append(Sent(index: next, cut: cut, delivery: try append(letters[next], cut)))
                } catch let error as KafkaError {
                    // What finds no room, or is refused, is begun with once the others are acknowledged.
                    if !sent.isEmpty {
                        next -= 1
                        break
                    }
                    try await send(letters[next], cut, after: error)
                    done.insert(next)
                }
            }
            try await finish(sent, of: letters, done: &done)
        }
    }

    /// Waits for letters on their way, all of them, whatever becomes of one.
    private func finish(_ sent: [Sent], of letters: [DeadLetter], done: inout Set<Int>) async throws {
        var failure: (any Error)?
        for letter in sent {
            do {
                do throws(KafkaError) {
                    _ = try await letter.delivery.settled()
                } catch {
                    try await send(letters[letter.index], letter.cut, after: error)
                }
                done.insert(letter.index)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func append(_ letter: DeadLetter, _ cut: DeadLetter.Cut) throws -> Delivery {
        let record = letter.record(cut, topic: source)
        return try producer.onLoop.append(topic: topic, key: record.key, value: record.value, headers: record.headers)
    }

    /// Sends a letter after it failed, and waits: the same again where there was no room, cut further where the topic does not
    /// take it as it is.
    private func send(_ letter: DeadLetter, _ cut: DeadLetter.Cut, after error: KafkaError) async throws {
        var cut = error.code == .bufferFull ? cut : try next(cut, after: error)
        while let current = cut {
            let record = letter.record(current, topic: source)
            do {
                _ = try await producer.send(
                    topic: topic, key: record.key, value: record.value, headers: record.headers)
                return
            } catch let error as KafkaError {
                cut = try next(current, after: error)
            }
        }
        // The message itself stays where it is, for as long as its topic keeps it.
        log.error(
            "message can be neither applied nor put aside",
            metadata: [
                .topic: source, "partition": letter.partition, "offset": letter.offset, "reason": letter.reason,
            ])
    }

    /// How to cut a letter that was refused; nil where there is nothing left to cut.
    ///
    /// - Throws: the error, where it says nothing of the letter.
    private func next(_ cut: DeadLetter.Cut, after error: KafkaError) throws(KafkaError) -> DeadLetter.Cut? {
        guard error.code == .recordTooLarge || error.serverCode == .invalidRecord else { throw error }
        return cut.next
    }
}
