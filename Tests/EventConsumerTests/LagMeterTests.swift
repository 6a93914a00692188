import Testing

@testable import EventConsumer

@Suite struct LagMeterTests {
    @Test func isTheDistanceToTheEndOfNow() {
        var meter = LagMeter()
        meter.observe(applied: [0: 10, 1: 0], now: 1000)
        #expect(meter.messages == 0)
        meter.observe(ends: [0: 15, 1: 3, 9: 100], now: 2000)
        #expect(meter.lag == [0: 5, 1: 3])
        #expect(meter.messages == 8)
        // While a batch is tried again, the topic grows.
        meter.observe(ends: [0: 25, 1: 3], now: 3000)
        #expect(meter.messages == 18)
        meter.observe(applied: [0: 25, 1: 3], now: 4000)
        #expect(meter.messages == 0)
    }

    @Test func theAgeIsThatOfTheOldestMessageThatIsNotApplied() {
        var meter = LagMeter()
        meter.observe(applied: [0: 0], now: 100_000)
        #expect(meter.age(now: 100_000) == 0)
        // Nothing is known of it yet but that it is there.
        meter.observe(ends: [0: 10], now: 101_000)
        #expect(meter.age(now: 103_000) == 2000)
        // Its own time is known once it is fetched.
        meter.observe(held: [0: 40_000])
        #expect(meter.age(now: 103_000) == 63_000)
        // What waits behind a batch is about as old as the batch's newest message.
        meter.observe(appliedBatch: [0: 5], newest: [0: 60_000], now: 104_000)
        #expect(meter.age(now: 104_000) == 44_000)
        meter.observe(appliedBatch: [0: 10], newest: [0: 70_000], now: 105_000)
        #expect(meter.age(now: 105_000) == 0)
        // Messages that come after a quiet time are new.
        meter.observe(ends: [0: 11], now: 900_000)
        #expect(meter.age(now: 900_500) == 500)
    }

    @Test func aPartitionThatWasTakenAwayIsForgotten() {
        var meter = LagMeter()
        meter.observe(applied: [0: 0, 1: 0], now: 0)
        meter.observe(ends: [0: 5, 1: 7], now: 0)
        meter.observe(applied: [1: 0], now: 0)
        #expect(meter.messages == 7)
    }
}
