/// What all processes are told by the environment; README.md has the table.
struct Settings: Sendable {
    var apiPort = 8080
    var metricsPort = 9464
    var clickHouseHost = "localhost"
    var clickHousePort = 9000
    var clickHouseDatabase = "event_analytics"
    var clickHouseUser = "default"
    var clickHousePassword = ""
    var kafkaBrokers = ["localhost:9092"]
    var kafkaTopic = "events"
    var kafkaPartitions = 3
    var kafkaGroupID = "event-consumer-group"
    var consumerBatchSize = 10_000
    var consumerFlushInterval = Duration.milliseconds(200)

    /// The names that events may have; nil allows any.
    var eventNames: [String]? = ["event_a", "event_b", "event_c"]
    var maxBodyBytes = 1_048_576
    var dataDirectory = "data"
    var brokerHost = "127.0.0.1"
    var brokerPort = 9092

    /// What runs ClickHouse for `up`: called with `--port N --dir DIR`.
    var clickHouseServerCommand: String?

    /// Whether `up` is to use a ClickHouse, or Kafka brokers, that run already.
    var hasOwnClickHouse = true
    var hasOwnBroker = true

    /// Reads the environment.
    ///
    /// - Throws: `SettingError` for the first variable whose value cannot be used.
    init(_ environment: Environment) throws(SettingError) {
        apiPort = try environment.port("API_PORT", default: apiPort)
        metricsPort = try environment.port("METRICS_PORT", default: metricsPort)
        clickHousePort = try environment.port("CLICKHOUSE_PORT", default: clickHousePort)
        brokerPort = try environment.port("BROKER_PORT", default: brokerPort)
        if let host = environment["CLICKHOUSE_HOST"] {
            clickHouseHost = host
            hasOwnClickHouse = false
        }
        clickHouseDatabase = try Self.identifier("CLICKHOUSE_DATABASE", environment, default: clickHouseDatabase)
        clickHouseUser = environment["CLICKHOUSE_USER"] ?? clickHouseUser
        clickHousePassword = environment["CLICKHOUSE_PASSWORD"] ?? clickHousePassword
        clickHouseServerCommand = environment["CLICKHOUSE_SERVER_COMMAND"]
        if environment["KAFKA_BROKERS"] != nil { hasOwnBroker = false }
        kafkaBrokers = try Self.brokers(environment, default: kafkaBrokers)
        kafkaTopic = try Self.topic(environment, default: kafkaTopic)
        kafkaPartitions = try environment.integer("KAFKA_PARTITIONS", default: kafkaPartitions, 1...10_000)
        kafkaGroupID = environment["KAFKA_GROUP_ID"] ?? kafkaGroupID
        consumerBatchSize = try environment.integer("CONSUMER_BATCH_SIZE", default: consumerBatchSize, 1...1_000_000)
        consumerFlushInterval = .milliseconds(
            try environment.integer("CONSUMER_FLUSH_INTERVAL_MS", default: 200, 1...60_000))
        maxBodyBytes = try environment.integer("MAX_BODY_BYTES", default: maxBodyBytes, 1...1_073_741_824)
        let names = try environment.list("EVENT_NAMES", default: ["event_a", "event_b", "event_c"])
        eventNames = names == ["*"] ? nil : names
        if names.count > 1, names.contains("*") {
            throw SettingError("EVENT_NAMES", "is either names or '*' alone, which allows any")
        }
        dataDirectory = environment["DATA_DIR"] ?? dataDirectory
        brokerHost = environment["BROKER_HOST"] ?? brokerHost
    }

    private static func brokers(_ environment: Environment, default standard: [String]) throws(SettingError) -> [String]
    {
        let brokers = try environment.list("KAFKA_BROKERS", default: standard)
        for broker in brokers {
            guard let colon = broker.lastIndex(of: ":"), colon != broker.startIndex,
                let port = Int(broker[broker.index(after: colon)...]), (1...65_535).contains(port)
            else {
                throw SettingError("KAFKA_BROKERS", "must be host:port, with commas between several, not '\(broker)'")
            }
        }
        return brokers
    }

    /// Kafka's rule for a topic's name, with room left for the suffix of the dead-letter topic.
    private static func topic(_ environment: Environment, default standard: String) throws(SettingError) -> String {
        let name = environment["KAFKA_TOPIC"] ?? standard
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard allowed, name.utf8.count <= 245, name != ".", name != ".." else {
            throw SettingError(
                "KAFKA_TOPIC", "must be up to 245 letters, digits, '.', '_' and '-', and not '.' or '..', not '\(name)'"
            )
        }
        return name
    }

    private static func identifier(
        _ variable: String, _ environment: Environment, default standard: String
    ) throws(SettingError) -> String {
        let name = environment[variable] ?? standard
        let allowed = name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        guard allowed, name.utf8.count <= 200 else {
            throw SettingError(variable, "must be letters, digits and '_', no digit first, not '\(name)'")
        }
        return name
    }
}
