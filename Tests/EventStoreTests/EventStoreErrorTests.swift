import ClickHouseClient
import Testing

@testable import EventStore

@Suite struct EventStoreErrorTests {
    @Test(
        arguments: [
            (.connect, .unavailable), (.connectionLost, .unavailable), (.closed, .unavailable),
            (.poolExhausted, .busy), (.deadline, .timeout), (.cancelled, .cancelled),
            (.mismatch, .server), (.protocolViolation, .server),
        ] as [(ClickHouseError.Code, EventStoreError.Code)])
    func whatTheClientSaysIsToldApart(code: ClickHouseError.Code, expected: EventStoreError.Code) {
        let error = EventStoreError(ClickHouseError(code, "why"))
        #expect(error.code == expected)
        #expect(error.message.contains("why"))
        #expect(!error.isPermanent)
    }

    @Test(
        arguments: [
            (159, .timeout), (160, .timeout), (241, .tooExpensive), (307, .tooExpensive), (202, .busy), (252, .busy),
            (60, .schema), (81, .schema), (236, .unavailable), (62, .server), (516, .server),
        ] as [(Int32, EventStoreError.Code)])
    func whatTheServerSaysIsToldApart(number: Int32, expected: EventStoreError.Code) {
        var error = ClickHouseError(.server, "why")
        error.serverCode = number
        #expect(EventStoreError(error).code == expected)
        #expect(!EventStoreError(error).isPermanent)
    }

    @Test func whatWasCancelledIsNoFaultOfClickHouse() {
        #expect(EventStoreError(CancellationError()).code == .cancelled)
    }
}
