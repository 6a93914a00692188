import Bytes
import KafkaProtocol
import TestSupport
import Testing
import Transport

@testable import KafkaClient

@Suite("Brokers that come and go", .timeLimit(.minutes(1)))
struct RetiredBrokerTests {
    @Test("what is in flight to a broker that leaves the metadata goes to the new leader")
    func leaves() async throws {
        try await moves { brokers in
            let second = FakeBroker.Listed(id: 2, port: brokers[1].port)
            for broker in brokers {
                broker.change {
                    $0.brokers = [second]
                    $0.topics = ["t": [2]]
                    $0.epoch = 1
                }
            }
        }
    }

    @Test("what is in flight to a broker that moves to another port goes there")
    func changesItsPort() async throws {
        try await moves { brokers in
            for broker in brokers { broker.change { $0.brokers = [.init(id: 1, port: brokers[1].port)] } }
        }
    }

    /// Sends a record to a broker that does not answer; changes the metadata; expects the other broker to get it.
    private func moves(_ change: @escaping @Sendable ([FakeBroker]) -> Void) async throws {
        var first = FakeBroker.Behaviour()
        first.produce = { _, _ in .silence }
        try await withBrokers([first, .init()]) { brokers, loop in
            brokers[1].change { $0.brokers = [.init(id: 1, port: brokers[0].port)] }
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            let delivery = Ending()
            delivery.of { _ = try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "a")) }
            try await until("the record is on its way") { brokers[0].calls(.produce) == 1 }
            change(brokers)
            try await loop.run { producer.core.cluster.wantsRefresh() }
            try await until("the record's fate is told") { delivery.text != nil }
            #expect(delivery.text == "returned")
            #expect(brokers[1].log == ["a"])
            running.cancel()
        }
    }

    @Test("metadata without brokers, as one that is starting gives, changes nothing")
    func listsNone() async throws {
        try await withBrokers { brokers, loop in
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            _ = try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "a"))
            let connections = brokers[0].connections
            brokers[0].change {
                $0.brokers = []
                $0.topics = [:]
            }
            let asked = brokers[0].calls(.metadata)
            try await loop.run { producer.core.cluster.wantsRefresh() }
            try await until("the metadata was asked for twice") { brokers[0].calls(.metadata) >= asked + 2 }
            _ = try await producer.send(topic: "t", key: nil, value: ByteSlice(utf8: "b"))
            #expect(brokers[0].log == ["a", "b"])
            #expect(brokers[0].connections == connections, "no connection was ended and made again")
            running.cancel()
        }
    }

    @Test("a broker that is connected and of no use keeps nobody from asking the others")
    func asksAnother() async throws {
        try await withBrokers([.init(), .init()]) { brokers, loop in
            let both = brokers.enumerated().map { FakeBroker.Listed(id: Int32($0 + 1), port: $1.port) }
            for broker in brokers { broker.change { $0.brokers = both } }
            let producer = KafkaProducer(ProducerConfiguration(testConfiguration(brokers)), on: loop)
            let running = Ending().of { try await producer.run() }
            try await producer.prepare(topic: "t")
            try await until("the first broker is connected, and so the one that is asked") {
                try await loop.run {
                    let link = producer.core.cluster.link(to: 1, for: .calls)
                    link?.wake()
                    return link?.isReady == true
                }
            }
            brokers[0].change { $0.brokers = [] }
            brokers[1].change { $0.topics["u"] = [1] }
            let prepared = Ending()
            prepared.of { try await producer.prepare(topic: "u") }
            try await until("the topic is known") { prepared.text == "returned" }
            running.cancel()
        }
    }
}
