import Bytes
import FoundationEssentials
import TestSupport
import Testing

@testable import EventClient

private func items(_ sizes: [Int]) -> [BatchItem] {
    sizes.enumerated().map { BatchItem(index: $0, id: NewEvent.newID(), line: pattern($1)) }
}

@Suite struct BatchTests {
    @Test func `batches hold to their bounds and lose nothing`() {
        var random = SeededRandom(21)
        for _ in 0..<300 {
            let all = items(
                (0..<Int.random(in: 0...60, using: &random)).map { _ in Int.random(in: 1...50, using: &random) })
            let (events, bytes) = (Int.random(in: 1...10, using: &random), Int.random(in: 1...120, using: &random))
            var assembler = BatchAssembler(maximumEvents: events, maximumBytes: bytes)
            var batches = all.compactMap { assembler.add($0) }
            if let last = assembler.finish() { batches.append(last) }
            #expect(assembler.finish() == nil)
            #expect(batches.flatMap { $0 }.map(\.index) == all.map(\.index))
            for batch in batches {
                #expect(!batch.isEmpty && batch.count <= events)
                #expect(batch.count == 1 || batch.reduce(0) { $0 + $1.line.count + 1 } <= bytes)
            }
        }
    }

    /// An API that takes so many bytes at once, refuses some events, and goes away after so many requests.
    @Test func `each event is accepted, refused or unsent, whatever the API does`() {
        var random = SeededRandom(22)
        for _ in 0..<500 {
            let all = items(
                (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 1...50, using: &random) })
            let room = Int.random(in: 20...200, using: &random)
            let wrong = Set(all.map(\.index).filter { _ in Int.random(in: 0..<5, using: &random) == 0 })
            var requests = Int.random(in: 0...30, using: &random)
            var sending = BatchSending(all)
            var rounds = 0
            while let next = sending.next {
                rounds += 1
                guard rounds < 200 else { break }
                requests -= 1
                if requests < 0 {
                    sending.failed(EventClientError(.unavailable, "away"))
                } else if next.reduce(0, { $0 + $1.line.count + 1 }) > room {
                    sending.failed(EventClientError(.tooLarge, "too large"))
                } else {
                    sending.answered(
                        BatchOutcome(
                            refusals: next.map { wrong.contains($0.index) ? .wrong("latency", "is wrong") : nil }))
                }
            }
            #expect(sending.next == nil)
            let refused = sending.failures.filter(\.isRefusal)
            let unsent = sending.failures.filter { !$0.isRefusal }
            let indices = sending.accepted.map(\.index) + sending.failures.map(\.item.index)
            #expect(indices.sorted() == all.map(\.index))
            #expect(refused.allSatisfy { wrong.contains($0.item.index) || $0.item.line.count + 1 > room })
            #expect(sending.accepted.allSatisfy { !wrong.contains($0.index) })
            #expect(unsent.isEmpty == (sending.stop == nil))
            // What was accepted comes in order.
            #expect(sending.accepted.map(\.index) == sending.accepted.map(\.index).sorted())
        }
    }

    @Test func `an answer must be about what was sent`() throws {
        let sent = items([5, 5])
        func read(_ status: Int, _ text: String) throws -> BatchOutcome {
            try BatchOutcome(Answer(status: status, body: ByteSlice(utf8: text)), to: sent)
        }
        let (one, two) = (sent[0].id.uuidString, sent[1].id.uuidString.lowercased())
        let both = try read(202, #"{"success":true,"data":{"ids":["\#(one)","\#(two)"],"errors":[]}}"#)
        #expect(both.refusals == [nil, nil])
        let part = try read(
            207, #"{"data":{"ids":[null,"\#(two)"],"errors":[{"index":0,"error":"latency: no"}]}}"#)
        #expect(part.refusals[0]?.field == "latency" && part.refusals[1] == nil)
        for text in [
            #"{"data":{"ids":["\#(one)"],"errors":[]}}"#, #"{"data":{"ids":["\#(two)","\#(one)"],"errors":[]}}"#,
            #"{"data":{"ids":["\#(one)","\#(two)"],"errors":[{"index":2,"error":"x"}]}}"#,
            #"{"data":{"ids":["\#(one)","\#(two)"],"errors":[{"index":-1,"error":"x"}]}}"#, "{}", "[", "",
        ] {
            do {
                _ = try read(202, text)
                Issue.record("taken: \(text)")
            } catch let error as EventClientError {
                #expect(error.code == .unexpectedAnswer && error.isRetriable && error.isOutcomeUnknown)
            }
        }
        // The whole body is refused.
        do {
            _ = try read(400, #"{"success":false,"error":"body: is empty"}"#)
            Issue.record("taken")
        } catch let error as EventClientError { #expect(error.code == .validation && error.field == "body") }
    }
}
