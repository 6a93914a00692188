import Bytes
import FoundationEssentials
import HTTP
import TestSupport
import Testing
import Transport

@testable import EventClient

@Suite struct RetryStateTests {
    private let backoff = Backoff(first: .milliseconds(100), limit: .seconds(1), jitter: .full)

    private func failure(
        _ code: EventClientError.Code = .unavailable, retriable: Bool = true, after: Duration? = nil,
        unknown: Bool = false, late: Bool = false
    ) -> RetryState.Failure {
        var error = EventClientError(code, "test")
        error.isRetriable = retriable
        error.retryAfter = after
        error.isOutcomeUnknown = unknown
        return .init(error: error, mayComeLate: late)
    }

    private func wait(_ decision: RetryState.Decision) -> Duration? {
        if case .retry(let wait) = decision { wait } else { nil }
    }

    private func end(_ decision: RetryState.Decision) -> EventClientError? {
        if case .giveUp(let error) = decision { error } else { nil }
    }

    @Test func `waits between nothing and twice as long each time`() {
        var random = SeededRandom(1)
        var longest = Array(repeating: Duration.zero, count: 6)
        for _ in 0..<200 {
            var state = RetryState(limit: .seconds(60), backoff: backoff)
            for attempt in 0..<6 {
                let wait = wait(state.failed(failure(), elapsed: .zero, using: &random))
                #expect(wait.map { $0 >= .zero && $0 <= min(.seconds(1), .milliseconds(100) * (1 << attempt)) } == true)
                longest[attempt] = max(longest[attempt], wait ?? .zero)
            }
        }
        // Full jitter: the whole range is used.
        #expect(longest[0] > .milliseconds(80) && longest[3] > .milliseconds(640) && longest[5] > .milliseconds(800))
    }

    @Test func `what the API asks for is the least`() {
        var random = SeededRandom(2)
        for _ in 0..<100 {
            var state = RetryState(limit: .seconds(60), backoff: backoff)
            let wait = wait(state.failed(failure(.rateLimited, after: .seconds(7)), elapsed: .zero, using: &random))
            #expect(wait.map { $0 >= .seconds(7) && $0 <= .milliseconds(7_100) } == true)
        }
    }

    @Test func `no wait goes beyond the deadline`() {
        var random = SeededRandom(3)
        var state = RetryState(limit: .seconds(5), backoff: backoff)
        #expect(wait(state.failed(failure(), elapsed: .milliseconds(100), using: &random)) != nil)
        let error = end(state.failed(failure(.rateLimited, after: .seconds(3)), elapsed: .seconds(2), using: &random))
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(3))
        #expect(end(state.failed(failure(), elapsed: .seconds(5), using: &random)) != nil)
    }

    @Test func `what fails for good is not tried again, and an unknown outcome is not forgotten`() {
        var random = SeededRandom(4)
        var state = RetryState(limit: .seconds(60), backoff: backoff)
        #expect(wait(state.failed(failure(unknown: true), elapsed: .zero, using: &random)) != nil)
        let error = end(state.failed(failure(.validation, retriable: false), elapsed: .zero, using: &random))
        #expect(error?.code == .validation && error?.isOutcomeUnknown == true)
    }

    @Test func `what the API said is not forgotten when the time is over`() {
        var random = SeededRandom(6)
        var state = RetryState(limit: .seconds(60), backoff: backoff)
        var told = failure()
        (told.error.status, told.error.requestID) = (503, "r-1")
        #expect(wait(state.failed(told, elapsed: .zero, using: &random)) != nil)
        let error = end(state.failed(failure(unknown: true), elapsed: .seconds(60), using: &random))
        #expect(error?.status == 503 && error?.requestID == "r-1" && error?.message == "test; before that: test")
    }

    @Test func `an update that may still come is not sent again, a create is`() {
        var random = SeededRandom(5)
        var update = RetryState(limit: .seconds(60), backoff: backoff, mayOvertake: true)
        #expect(wait(update.failed(failure(unknown: true), elapsed: .zero, using: &random)) != nil)
        #expect(end(update.failed(failure(late: true), elapsed: .zero, using: &random))?.isOutcomeUnknown == true)
        var create = RetryState(limit: .seconds(60), backoff: backoff)
        #expect(wait(create.failed(failure(late: true), elapsed: .zero, using: &random)) != nil)
    }

    @Test(arguments: [
        (400, "validation", false, false), (401, "unauthorized", false, false), (403, "forbidden", false, false),
        (404, "not_found", false, false), (413, "too_large", false, false), (429, "rate_limited", true, false),
        (500, "unavailable", true, true), (502, "unavailable", true, true), (503, "unavailable", true, false),
        (504, "unavailable", true, true), (302, "unexpected_answer", false, false),
    ]) func `a status has its code`(_ status: Int, _ code: String, _ retriable: Bool, _ late: Bool) {
        let answer = Answer(
            status: status, body: ByteSlice(utf8: #"{"success":false,"error":"latency: must be a number"}"#))
        let failure = answer.failure
        #expect(failure.error.code.description == code && failure.error.status == status)
        #expect(failure.error.isRetriable == retriable && failure.mayComeLate == late)
        #expect((failure.error.field == "latency") == (status == 400 || status == 413))
    }

    @Test func `Kafka may take later what it did not acknowledge`() {
        let text = #"{"success":false,"error":"Kafka did not acknowledge the operation in time: try again"}"#
        #expect(Answer(status: 503, body: ByteSlice(utf8: text)).failure.mayComeLate)
        let page = Answer(status: 503, body: ByteSlice(utf8: "<html>")).failure.error
        #expect(page.message == "the answer has the status 503" && page.field == nil)
    }

    @Test(arguments: [
        ("latency: must be a number", "latency"), ("item: latency: must be", "latency"),
        ("limit must be a whole number", "limit"), ("input_embeddings[2]: must be", "input_embeddings"),
        ("metadata.user.id: must be keys", "metadata.user.id"), ("event_name is required", "event_name"),
        ("Kafka does not take it", nil), ("", nil), ("none of 3 items is accepted", nil),
    ]) func `errors name their field`(_ message: String, _ field: String?) {
        #expect(Answer.field(of: message) == field)
    }

    @Test func `Retry-After is seconds or a date`() {
        let now = Date(timeIntervalSince1970: 784_111_770)
        #expect(RetryAfter.duration("0", now: now) == .zero)
        #expect(RetryAfter.duration("120", now: now) == .seconds(120))
        #expect(RetryAfter.duration("99999999999999999999", now: now) == .seconds(999_999_999))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:49:37 GMT", now: now) == .seconds(7))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:49:20 GMT", now: now) == .zero)
        for text in ["", "-1", "1.5", "soon", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8 GMT"] {
            #expect(RetryAfter.duration(text, now: now) == nil, "\(text)")
        }
    }
}
