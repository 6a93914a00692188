import EventConsumer
import EventStore
import Events
import KafkaClient
import Transport

extension Services {
    var eventNames: EventNames { settings.eventNames.map { EventNames($0) } ?? .any }

    /// Where Kafka is.
    var kafka: KafkaConfiguration {
        get throws {
            KafkaConfiguration(
                brokers: settings.kafkaBrokers, clientID: "event-analytics", tls: try settings.kafkaTLS.configuration(),
                sasl: settings.kafkaSASL)
        }
    }

    /// Where ClickHouse is, and who asks.
    var store: EventStoreConfiguration {
        get throws {
            var store = EventStoreConfiguration(
                endpoint: .tcp(host: settings.clickHouseHost, port: settings.clickHousePort))
            if let addresses = settings.clickHouseAddresses { store.endpoints = addresses }
            store.tls = try settings.clickHouseTLS.configuration()
            store.database = settings.clickHouseDatabase
            store.user = settings.clickHouseUser
            store.password = settings.clickHousePassword
            return store
        }
    }

    /// What the consumer is set to.
    func consumerConfiguration() throws -> EventConsumerConfiguration {
        var configuration = EventConsumerConfiguration(kafka: try kafka, store: try store)
        configuration.topic = EventTopic(settings.kafkaTopic, partitions: settings.kafkaPartitions)
        configuration.groupID = settings.kafkaGroupID
        configuration.version = EventAnalytics.version
        configuration.groupInstanceID = settings.kafkaGroupInstanceID
        configuration.batchSize = settings.consumerBatchSize
        configuration.flushInterval = settings.consumerFlushInterval
        configuration.metricsEndpoint = .tcp(host: settings.metricsHost, port: settings.metricsPort)
        return configuration
    }
}
