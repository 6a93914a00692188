import Testing

@testable import KafkaBroker

@Suite struct BrokerConfigurationTests {
    @Test func openFilesBoundConnectionsAndPartitions() {
        let configuration = BrokerConfiguration(dataDirectory: "d")
        let few = configuration.bounded(byOpenFiles: 1_024)
        #expect(few.maxConnections == 256)
        #expect(few.maxPartitions == 512)
        let many = configuration.bounded(byOpenFiles: 1 << 20)
        #expect(many.maxConnections == configuration.maxConnections)
        #expect(many.maxPartitions == configuration.maxPartitions)
    }
}
