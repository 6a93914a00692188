import EventConsumer
import EventStore
import Events
import KafkaClient
import Transport

extension Services {
    var eventNames: EventNames { settings.eventNames.map { EventNames($0) } ?? .any }

    /// Where Kafka is.
    var kafka: KafkaConfiguration {
        KafkaConfiguration(brokers: settings.kafkaBrokers, clientID: "event-analytics")
    }

    /// Where ClickHouse is, and who asks.
    var store: EventStoreConfiguration {
        var store = EventStoreConfiguration(
            endpoint: .tcp(host: settings.clickHouseHost, port: settings.clickHousePort))
        store.database = settings.clickHouseDatabase
        store.user = settings.clickHouseUser
        store.password = settings.clickHousePassword
        return store
    }

    /// What the consumer is set to.
    var consumerConfiguration: EventConsumerConfiguration {
        var configuration = EventConsumerConfiguration(kafka: kafka, store: store)
        configuration.topic = EventTopic(settings.kafkaTopic, partitions: settings.kafkaPartitions)
        configuration.groupID = settings.kafkaGroupID
        configuration.groupInstanceID = settings.kafkaGroupInstanceID
        configuration.batchSize = settings.consumerBatchSize
        configuration.flushInterval = settings.consumerFlushInterval
        configuration.metricsEndpoint = .tcp(host: settings.metricsHost, port: settings.metricsPort)
        return configuration
    }
}
