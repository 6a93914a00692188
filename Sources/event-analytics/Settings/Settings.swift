import EventAPI
import Events
import KafkaBroker
import KafkaClient
import Telemetry
import Tracing
import Transport

/// What all processes are told by the environment; README.md has the table.
struct Settings: Sendable {
    var apiHost = "0.0.0.0"
    var apiPort = 8080

    /// The certificate and its key, where the API speaks HTTPS.
    var apiIdentity: TLSConfiguration.Identity?
    var metricsHost = "127.0.0.1"
    var metricsPort = 9464
    var clickHouseHost = "localhost"
    var clickHousePort = 9000

    /// Several servers, where `CLICKHOUSE_ADDRESSES` names them; nil for the one above.
    var clickHouseAddresses: [Endpoint]?
    var clickHouseTLS = TLSSettings()
    var clickHouseDatabase = "event_analytics"
    var clickHouseUser = "default"
    var clickHousePassword = ""
    var kafkaBrokers = [Endpoint.tcp(host: "localhost", port: 9092)]
    var kafkaTLS = TLSSettings()
    var kafkaSASL: SASL?
    var kafkaTopic = "events"
    var kafkaPartitions = 3
    var kafkaGroupID = "event-consumer-group"

    /// A member's name that stays when its process is started again (KIP-345), so that the group need not wait for the
    /// dead process's session to end.
    var kafkaGroupInstanceID: String?
    var consumerBatchSize = 10_000
    var consumerFlushInterval = Duration.milliseconds(200)

    /// The names that events may have; nil allows any.
    var eventNames: [String]? = ["event_a", "event_b", "event_c"]
    var maxBodyBytes = 1_048_576
    /// Where spans are exported to; nil where they are not.
    var spanTarget: SpanExporter.Target?
    var otelService: String?
    var maxBatchBytes = 16 << 20
    var maxBatchItems = 10_000

    /// The keys that the API lets in; nil for everybody.
    var apiKeys: APIKeys?
    /// Where they stand, where that is a file.
    var apiKeysFile: String?
    /// How many events a second each client may write; nil for any number.
    var eventsPerSecond: Int?

    /// A folder with pages to serve instead of those inside the program, for those who work on them.
    var dashboardFolder: String?
    /// Whether spans become events that have nothing to do with generative models.
    var takesAllSpans = false
    var dataDirectory = "data"
    var brokerHost = "127.0.0.1"
    var brokerPort = 9092
    var brokerAdvertisedHost: String?
    var brokerSync = BrokerConfiguration.Sync.never
    var brokerCreatesTopics = true
    var logLevel = LogLevel.info
    var logFormat = LoggingSystem.Format.text

    /// What runs ClickHouse for `up`: called with `--port N --dir DIR`.
    var clickHouseServerCommand: String?

    /// Whether `up` is to use a ClickHouse, or Kafka brokers, that run already.
    var hasOwnClickHouse = true
    var hasOwnBroker = true

    /// Reads the environment.
    ///
    /// - Throws: `SettingError` for the first variable whose value cannot be used.
    init(_ environment: Environment) throws(SettingError) {
        apiHost = environment["API_HOST"] ?? apiHost
        metricsHost = environment["METRICS_HOST"] ?? metricsHost
        apiPort = try environment.port("API_PORT", default: apiPort)
        apiIdentity = try Self.identity(environment)
        metricsPort = try environment.port("METRICS_PORT", default: metricsPort)
        clickHouseTLS = try TLSSettings("CLICKHOUSE_TLS", environment)
        clickHousePort = try environment.port("CLICKHOUSE_PORT", default: clickHouseTLS.isOn ? 9440 : clickHousePort)
        kafkaTLS = try TLSSettings("KAFKA_TLS", environment)
        kafkaSASL = try Self.sasl(environment)
        brokerPort = try environment.port("BROKER_PORT", default: brokerPort)
        if let host = environment["CLICKHOUSE_HOST"] {
            clickHouseHost = host
            hasOwnClickHouse = false
        }
        if environment["CLICKHOUSE_ADDRESSES"] != nil {
            clickHouseAddresses = try Self.addresses("CLICKHOUSE_ADDRESSES", environment, default: [])
            hasOwnClickHouse = false
        }
        clickHouseDatabase = try Self.identifier("CLICKHOUSE_DATABASE", environment, default: clickHouseDatabase)
        clickHouseUser = environment["CLICKHOUSE_USER"] ?? clickHouseUser
        clickHousePassword = try environment.secret("CLICKHOUSE_PASSWORD") ?? clickHousePassword
        clickHouseServerCommand = environment["CLICKHOUSE_SERVER_COMMAND"]
        if environment["KAFKA_BROKERS"] != nil { hasOwnBroker = false }
        kafkaBrokers = try Self.addresses("KAFKA_BROKERS", environment, default: kafkaBrokers)
        kafkaTopic = try Self.topic(environment, default: kafkaTopic)
        kafkaPartitions = try environment.integer("KAFKA_PARTITIONS", default: kafkaPartitions, 1...10_000)
        kafkaGroupID = environment["KAFKA_GROUP_ID"] ?? kafkaGroupID
        kafkaGroupInstanceID = environment["KAFKA_GROUP_INSTANCE_ID"]
        consumerBatchSize = try environment.integer("CONSUMER_BATCH_SIZE", default: consumerBatchSize, 1...1_000_000)
        consumerFlushInterval = .milliseconds(
            try environment.integer("CONSUMER_FLUSH_INTERVAL_MS", default: 200, 1...60_000))
        maxBodyBytes = try environment.integer("MAX_BODY_BYTES", default: maxBodyBytes, 1...EventTopic.maximumBody)
        maxBatchBytes = try environment.integer("MAX_BATCH_BYTES", default: maxBatchBytes, 1...(64 << 20))
        maxBatchItems = try environment.integer("MAX_BATCH_ITEMS", default: maxBatchItems, 1...100_000)
        otelService = environment["OTEL_SERVICE_NAME"]
        if let address = environment["OTEL_EXPORTER_OTLP_ENDPOINT"] {
            do throws(TransportError) { spanTarget = try SpanExporter.Target(parsing: address) } catch {
                throw SettingError("OTEL_EXPORTER_OTLP_ENDPOINT", "is no collector's address: \(error.message)")
            }
        }
        takesAllSpans = try environment.word("OTLP_SPANS", default: false, [("gen_ai", false), ("all", true)])
        dashboardFolder = environment["DASHBOARD_DIR"]
        apiKeysFile = environment["API_KEYS_FILE"]
        apiKeys = try Self.keys(environment)
        let rate = try environment.integer("RATE_LIMIT_EVENTS", default: 0, 0...1_000_000_000)
        eventsPerSecond = rate == 0 ? nil : rate
        let names = try environment.list("EVENT_NAMES", default: ["event_a", "event_b", "event_c"])
        eventNames = names == ["*"] ? nil : names
        if names.count > 1, names.contains("*") {
            throw SettingError("EVENT_NAMES", "is either names or '*' alone, which allows any")
        }
        if let name = names.first(where: { $0.utf8.count > EventNames.maximumBytes }) {
            throw SettingError(
                "EVENT_NAMES", "must hold names of at most \(EventNames.maximumBytes) bytes of UTF-8, not '\(name)'")
        }
        dataDirectory = environment["DATA_DIR"] ?? dataDirectory
        brokerHost = environment["BROKER_HOST"] ?? brokerHost
        brokerAdvertisedHost = environment["BROKER_ADVERTISED_HOST"]
        brokerSync = try Self.sync(environment)
        brokerCreatesTopics = try environment.word(
            "BROKER_AUTO_CREATE_TOPICS", default: brokerCreatesTopics, [("true", true), ("false", false)])
        logLevel = try environment.word(
            "LOG_LEVEL", default: logLevel, LogLevel.allCases.map { ($0.description, $0) })
        logFormat = try environment.word("LOG_FORMAT", default: logFormat, [("text", .text), ("json", .json)])
    }

    /// Sees to it that what `up` starts does not meet itself at a port.
    ///
    /// - Throws: `SettingError` that names both settings.
    func requirePortsOfTheirOwn() throws(SettingError) {
        var ports = [("API_PORT", apiPort), ("METRICS_PORT", metricsPort)]
        if hasOwnBroker { ports.append(("BROKER_PORT", brokerPort)) }
        if hasOwnClickHouse { ports.append(("CLICKHOUSE_PORT", clickHousePort)) }
        for (index, (name, port)) in ports.enumerated() {
            guard let other = ports[..<index].first(where: { $0.1 == port }) else { continue }
            throw SettingError("\(other.0) and \(name)", "are both \(port): each must be a port of its own")
        }
    }

    /// Sees to it that what `up` starts is not asked for what it does not speak.
    ///
    /// - Throws: `SettingError` that names the setting.
    func requireServersForTheirSettings() throws(SettingError) {
        if hasOwnClickHouse, clickHouseTLS.isOn {
            throw SettingError("CLICKHOUSE_TLS", "is for a ClickHouse that runs already: set CLICKHOUSE_HOST, too")
        }
        guard hasOwnBroker else { return }
        if kafkaTLS.isOn { throw SettingError("KAFKA_TLS", "is for brokers that run already: set KAFKA_BROKERS, too") }
        if kafkaSASL != nil {
            throw SettingError("KAFKA_SASL_USERNAME", "is for brokers that run already: set KAFKA_BROKERS, too")
        }
    }

    private static func identity(_ environment: Environment) throws(SettingError) -> TLSConfiguration.Identity? {
        let (certificate, key) = ("API_TLS_CERTIFICATE", "API_TLS_KEY")
        switch (environment[certificate], environment[key]) {
        case (nil, nil): return nil
        case (let chain?, let file?): return .init(certificateChainFile: chain, privateKeyFile: file)
        case (nil, _): throw SettingError(certificate, "must name the certificate's file where \(key) is set")
        case (_, nil): throw SettingError(key, "must name the key's file where \(certificate) is set")
        }
    }

    /// What the API speaks; nil for plain HTTP. Reads the files.
    ///
    /// - Throws: `SettingError` where they cannot be used.
    func apiTLS() throws(SettingError) -> TLSConfiguration? {
        guard let apiIdentity else { return nil }
        do throws(TransportError) {
            return try .server(identity: apiIdentity, applicationProtocols: ["http/1.1"])
        } catch {
            throw SettingError("API_TLS_CERTIFICATE, API_TLS_KEY:", error.message)
        }
    }

    /// `http` or `https`: what the API is asked by.
    var apiScheme: String { apiIdentity == nil ? "http" : "https" }

    /// `never`, `commit`, or milliseconds.
    private static func sync(_ environment: Environment) throws(SettingError) -> BrokerConfiguration.Sync {
        switch environment["BROKER_FSYNC"]?.lowercased() {
        case nil, "never": return .never
        case "commit": return .eachCommit
        case let text?:
            guard let milliseconds = Int(text), (1...3_600_000).contains(milliseconds) else {
                throw SettingError("BROKER_FSYNC", "must be never, commit or a number of milliseconds, not '\(text)'")
            }
            return .every(.milliseconds(milliseconds))
        }
    }

    private static func addresses(
        _ name: String, _ environment: Environment, default standard: [Endpoint]
    ) throws(SettingError) -> [Endpoint] {
        var addresses: [Endpoint] = []
        for text in try environment.list(name, default: standard.map(\.description)) {
            do throws(TransportError) {
                addresses.append(try Endpoint.parse(text))
            } catch {
                throw SettingError(name, "must be host:port, with commas between several, not '\(text)'")
            }
        }
        return addresses
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
