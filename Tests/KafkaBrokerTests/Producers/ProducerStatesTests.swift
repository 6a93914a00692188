import Bytes
import KafkaProtocol
import Testing

@testable import KafkaBroker

@Suite struct ProducerStatesTests {
    private func header(_ sequence: Int32, count: Int32 = 1, epoch: Int16 = 0, offset: Int64 = 0) throws -> BatchHeader
    {
        let bytes = try batch(
            (0..<count).map { "\($0)" }, producer: ProducerState(id: 1, epoch: epoch, sequence: sequence))
        let parsed = BatchHeader(bytes.span)
        var header = try #require(parsed)
        header.baseOffset = offset
        return header
    }

    @Test func sequencesMustFollow() throws {
        var states = ProducerStates()
        #expect(states.check(try header(0, count: 3)) == .append)
        states.record(try header(0, count: 3), at: 0)
        #expect(states.check(try header(3)) == .append)
        #expect(states.check(try header(4)) == .outOfOrder)
        #expect(states.check(try header(2)) == .outOfOrder)
        #expect(states.check(try header(0, count: 3)) == .duplicate(baseOffset: 0))
    }

    @Test func theLastFiveBatchesAreRemembered() throws {
        var states = ProducerStates()
        for index in 0..<8 { states.record(try header(Int32(index), offset: Int64(index) + 100), at: 0) }
        for index in 3..<8 {
            #expect(states.check(try header(Int32(index))) == .duplicate(baseOffset: Int64(index) + 100))
        }
        #expect(states.check(try header(2)) == .outOfOrder)
    }

    @Test func sequencesGoOnWithZeroBehindTheLargest() throws {
        var states = ProducerStates()
        states.record(try header(.max - 1, count: 2), at: 0)
        #expect(states.check(try header(0)) == .append)
        states.record(try header(.max, count: 3), at: 0)
        #expect(states.check(try header(2)) == .append)
        #expect(states.check(try header(3)) == .outOfOrder)
    }

    @Test func aNewEpochBeginsWithZeroAndFencesTheOld() throws {
        var states = ProducerStates()
        states.record(try header(5, epoch: 1), at: 0)
        #expect(states.check(try header(6, epoch: 2)) == .outOfOrder)
        #expect(states.check(try header(0, epoch: 2)) == .append)
        #expect(states.check(try header(6, epoch: 0)) == .fenced)
        states.record(try header(0, epoch: 2), at: 0)
        #expect(states.check(try header(6, epoch: 1)) == .fenced)
        #expect(states.check(try header(1, epoch: 2)) == .append)
    }

    @Test func whatWasRecordedCanBeTakenBack() throws {
        var states = ProducerStates()
        let first = states.record(try header(0), at: 0)
        #expect(first == nil)
        let before = states
        let known = states.record(try header(1), at: 0)
        states.restore(1, to: known)
        #expect(states == before)
        states.restore(1, to: first)
        #expect(states == ProducerStates())
    }

    @Test func theStateSurvivesBeingWritten() throws {
        var states = ProducerStates()
        for index in 0..<6 { states.record(try header(Int32(index), epoch: 3, offset: Int64(index)), at: 77) }
        var writer = ByteWriter()
        states.write(to: &writer)
        let bytes = writer.finish()
        var reader = ByteReader(bytes)
        let again = try ProducerStates(from: &reader)
        #expect(again == states)
        states.expire(before: 78)
        #expect(states.producers.isEmpty)
    }
}
