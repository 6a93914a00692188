import KafkaProtocol
import Testing
import Transport

@testable import KafkaClient

@Suite("A producer's requests for its id")
struct IdentityRequestsTests {
    private let refusal = KafkaError(server: .clusterAuthorizationFailed, "no producer id was given")
    private let loading = KafkaError(server: .coordinatorLoadInProgress, "no producer id was given")
    private func requests() -> IdentityRequests {
        IdentityRequests(Backoff(first: .milliseconds(100), limit: .seconds(1), jitter: .proportional(0)))
    }

    @Test("what may pass makes nobody fail, and is asked again ever later")
    func passes() {
        var requests = requests()
        let refusals = (0..<3).map { _ in requests.refused(loading) }
        #expect(refusals.allSatisfy { $0.failure == nil && !$0.isNews })
        #expect(refusals.map(\.wait) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(requests.problem?.serverCode == .coordinatorLoadInProgress)
        let endsNews = requests.given(ProducerIdentity(id: 1, epoch: 0))
        #expect(!endsNews)
        #expect(requests.problem == nil)
    }

    @Test("a refusal fails what waits, as something that may pass, and is told once")
    func refuses() {
        var requests = requests()
        let first = requests.refused(refusal)
        #expect(first.failure?.serverCode == .clusterAuthorizationFailed)
        #expect(first.failure?.isRetriable == true)
        #expect(first.isNews)
        #expect(!requests.refused(refusal).isNews)
        _ = requests.refused(loading)
        #expect(!requests.refused(loading).isNews)
        #expect(requests.refused(KafkaError(server: .unsupportedVersion, "no producer id was given")).isNews)
        let endsNews = requests.given(ProducerIdentity(id: 1, epoch: 0))
        #expect(endsNews)
        #expect(requests.refused(refusal).wait == .milliseconds(100))
    }

    @Test("an id whose epochs are used up is no id")
    func usedUp() {
        var requests = requests()
        _ = requests.given(ProducerIdentity(id: 1, epoch: 0))
        requests.usedUp()
        #expect(requests.identity == nil)
    }
}
