import Bytes
import KafkaProtocol
import Testing

@testable import EventConsumer

@Suite struct DeadLetterTests {
    private func letter(key: Int = 36, value: Int = 1000, header: Int = 10) -> DeadLetter {
        let headers = RecordHeader("mark", ByteSlice(Array(repeating: 1, count: header)))
        var letter = DeadLetter(
            Record(
                offset: 7, timestamp: 0, key: ByteSlice(Array(repeating: 2, count: key)),
                value: ByteSlice(Array(repeating: 3, count: value))), partition: 2, reason: "no operation")
        letter.headers = [headers]
        return letter
    }

    private func names(_ headers: [RecordHeader]) -> [String] { headers.map(\.key) }

    @Test func isPutAsideAsItWasWithReasonAndPlaceAdded() {
        let record = letter().record(.whole, topic: "events")
        #expect(record.key?.count == 36)
        #expect(record.value?.count == 1000)
        #expect(names(record.headers) == ["mark", "dlq.reason", "dlq.topic", "dlq.partition", "dlq.offset"])
        #expect(record.headers.dropFirst().map { $0.value?.utf8 } == ["no operation", "events", "2", "7"])
    }

    @Test func whatIsTooLargeIsCutWithItsSizeAdded() {
        let letter = letter(value: 3 << 20)
        let record = letter.record(.large, topic: "events")
        #expect(record.key?.count == 36)
        #expect(record.value?.count == 524_288)
        #expect(names(record.headers).contains("mark"))
        #expect(record.headers.first { $0.key == "dlq.value_size" }?.value?.utf8 == "\(3 << 20)")
    }

    @Test func everyPartOfItIsCut() {
        let letter = letter(key: 2 << 20, value: 0, header: 2 << 20)
        for cut in DeadLetter.Cut.allCases.dropFirst() {
            let record = letter.record(cut, topic: "events")
            let bytes =
                (record.key?.count ?? 0)
                + record.headers.reduce(0) { $0 + $1.key.utf8.count + ($1.value?.count ?? 0) }
            #expect(bytes < 200_000)
            #expect(!names(record.headers).contains("mark"))
            #expect(names(record.headers).contains("dlq.headers_size"))
        }
        #expect(DeadLetter.Cut.placeAlone.next == nil)
    }

    @Test func whatWouldNotFitIntoMemoryIsNeverSentWhole() {
        #expect(letter(value: 20 << 20).firstCut == .whole)
        #expect(letter(value: 30 << 20).firstCut == .large)
    }

    @Test func aMissingValueStaysMissing() {
        let letter = DeadLetter(
            Record(offset: 0, timestamp: 0, key: nil, value: nil), partition: 0, reason: "no value")
        let record = letter.record(.placeAlone, topic: "events")
        #expect(record.key == nil && record.value == nil)
        #expect(!names(record.headers).contains("dlq.cut"))
    }
}
