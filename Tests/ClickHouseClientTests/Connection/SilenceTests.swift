import Testing
import Transport

@testable import ClickHouseClient

@Suite("What a deadline that passed says of the server")
struct SilenceTests {
    private let start = Deadline.now

    private func after(_ milliseconds: Int) -> Deadline { start.advanced(by: .milliseconds(milliseconds)) }

    @Test("One that said nothing did not answer")
    func nothing() {
        #expect(Silence(asked: start).description(at: after(20_000)) == "the server did not answer within 20 s")
    }

    @Test("One that told of its progress until a moment ago was only not done")
    func busy() {
        var silence = Silence(asked: start)
        silence.hear(at: after(19_900))
        #expect(silence.description(at: after(20_000)) == "the query was not done after 20 s")
        silence = Silence(asked: start)
        silence.hear(at: after(10))
        #expect(silence.description(at: after(300)) == "the query was not done after 300 ms")
    }

    @Test("One that fell silent on the way hangs")
    func hung() {
        var silence = Silence(asked: start)
        silence.hear(at: after(2_500))
        #expect(
            silence.description(at: after(20_000))
                == "the server has said nothing for 18 s, and was not done after 20 s")
    }

    @Test("The time that a reader took is not the server's")
    func slowReader() {
        var silence = Silence(asked: start)
        silence.hear(at: after(100))
        silence.wait(at: after(19_500))
        #expect(silence.description(at: after(20_000)) == "the query was not done after 20 s")
    }

    @Test(
        "Durations for people",
        arguments: [(0, "0 ms"), (999, "999 ms"), (1000, "1 s"), (2549, "2.5 s"), (20_003, "20 s"), (-5, "0 ms")])
    func durations(milliseconds: Int, text: String) {
        #expect(Silence.spoken(.milliseconds(milliseconds)) == text)
    }
}
