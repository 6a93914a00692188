import Bytes
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

@Suite("A producer whose id is refused", .timeLimit(.minutes(1)))
struct ProducerIdentityTests {
    @Test(
        "tells its callers at once, stays alive, and sends again when it gets an id",
        arguments: [KafkaErrorCode.clusterAuthorizationFailed, KafkaErrorCode(rawValue: 999)])
    func heals(_ code: KafkaErrorCode) async throws {
        var behaviour = FakeBroker.Behaviour()
        behaviour.identity = .answer(InitProducerIdResponse { $0.errorCode = code })
        try await withBrokers([behaviour]) { brokers, loop in
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            for _ in 0..<2 {
                let error = await #expect(throws: KafkaError.self) {
                    try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "a"))
                }
                #expect(error?.serverCode == code)
                #expect(error?.isRetriable == true, "it may be allowed later")
            }
            let asked = brokers[0].calls(.initProducerID)
            try await until("it goes on asking by itself") { brokers[0].calls(.initProducerID) > asked }
            brokers[0].change { $0.identity = nil }
            try await until("records are taken again") {
                do {
                    _ = try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "b"))
                    return true
                } catch {
                    return false
                }
            }
            #expect(brokers[0].log == ["b"])
            running.cancel()
        }
    }
}
