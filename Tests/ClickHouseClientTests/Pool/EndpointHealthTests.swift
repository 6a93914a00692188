import Testing
import Transport

@testable import ClickHouseClient

@Suite("Which server to ask")
struct EndpointHealthTests {
    private let now = Deadline.now

    @Test("Those that failed come last, the longest ago first, until it is forgotten or they answer")
    func order() {
        var health = EndpointHealth(count: 3)
        #expect(health.order(now: now) == [0, 1, 2])
        health.failed(1, now: now)
        health.failed(0, now: now.advanced(by: .seconds(1)))
        #expect(health.order(now: now.advanced(by: .seconds(2))) == [2, 1, 0])
        #expect(health.order(now: now.advanced(by: .seconds(10))) == [1, 2, 0])
        #expect(health.order(now: now.advanced(by: .seconds(11))) == [0, 1, 2])
        health.succeeded(0)
        #expect(health.order(now: now.advanced(by: .seconds(2))) == [0, 2, 1])
    }

    @Test("Each but the last gets a share of the caller's time, the last one all that a server has")
    func time() {
        let limit = Duration.seconds(10)
        #expect(EndpointHealth.time(left: 1, patience: .seconds(1), limit: limit) == limit)
        #expect(EndpointHealth.time(left: 2, patience: .seconds(10), limit: limit) == .seconds(5))
        #expect(EndpointHealth.time(left: 4, patience: .seconds(1), limit: limit) == .milliseconds(250))
        #expect(EndpointHealth.time(left: 2, patience: .seconds(3600), limit: limit) == .seconds(5))
        #expect(EndpointHealth.time(left: 2, patience: .zero, limit: limit) == .milliseconds(50))
        #expect(EndpointHealth.time(left: 2, patience: .seconds(-5), limit: .milliseconds(10)) == .milliseconds(10))
    }
}
