import Supervision

/// What the program can be asked to do.
enum Command: String, CaseIterable {
    case up
    case api
    case consumer
    case broker
    case migrate
    case health
    case topic
    case rebuild
    case keys
    case dlq
    case demo

    /// What it does, in a line.
    var summary: String {
        switch self {
        case .up: "run all of it on this machine, with a ClickHouse and a broker of its own; Ctrl-C stops it"
        case .api: "serve the HTTP API"
        case .consumer: "write the topic's events to ClickHouse"
        case .broker: "run the embedded Kafka broker alone"
        case .migrate: "bring the database's schema up to date, and end"
        case .health: "say whether services of this machine are ready"
        case .topic: "show the topic whose events are stored, or go on with one that was made again"
        case .rebuild: "have the consumers read the topic from its beginning again"
        case .keys: "make a key for API_KEYS"
        case .demo: "fill a running pipeline with conversations that look like real ones"
        case .dlq: "list dead letters, show one, or send them again"
        }
    }

    /// What may follow its name, beside `--help` and `-h`.
    var operands: [Arguments.Operand] {
        switch self {
        case .up, .api, .consumer, .broker, .migrate, .rebuild, .demo: []
        case .dlq:
            [
                .init(
                    name: "ACTION", help: "list (where none is named), show, or replay",
                    words: ["list", "show", "replay"]),
                .init(name: "PARTITION:OFFSET", help: "which letters, as list shows them", repeats: true),
            ]
        case .keys:
            [
                .init(name: "ACTION", help: "new", words: ["new"]),
                .init(name: "NAME", help: "what the key is called in logs and refusals"),
            ]
        case .topic:
            [.init(name: "ACTION", help: "show (where none is named), or adopt", words: ["show", "adopt"])]
        case .health:
            [
                .init(
                    name: "SERVICE", help: "api (where none is named), consumer, or all",
                    words: ["api", "consumer", "all"])
            ]
        }
    }

    /// The options that it has, beside `--help`.
    var options: [Arguments.Option] {
        switch self {
        case .keys:
            [
                .init(
                    name: "--scopes", value: "SCOPES",
                    help: "write, read, admin, with + between several; write+read as a rule")
            ]
        case .demo:
            [
                .init(name: "--events", value: "N", help: "how many events; 20000 as a rule"),
                .init(name: "--days", value: "D", help: "over how many days until now; 30 as a rule"),
            ]
        case .dlq:
            [
                .init(name: "--all", help: "replay: all of them"),
                .init(name: "--again", help: "replay: those too that were sent again before"),
            ]
        default: []
        }
    }

    /// What there is to know of it, in a few sentences.
    private var description: String {
        switch self {
        case .up:
            """
            Starts ClickHouse (unless CLICKHOUSE_HOST is set), the embedded broker (unless KAFKA_BROKERS is set), the
            API and the consumer as processes of their own, applies the schema's migrations, and shows what runs where
            once everything is ready. Whatever ends is started again. All data and the logs are kept in DATA_DIR.

            Ctrl-C stops all in order, a second one at once; the data stays. SIGHUP is passed on to the processes.
            """
        case .api:
            """
            Takes events over HTTP, publishes them to Kafka and answers once Kafka has them; reads come from ClickHouse.
            Waits for the schema that it needs. SIGHUP makes it read its certificate and the API keys again; SIGINT and SIGTERM
            let requests under way be answered.
            """
        case .consumer:
            """
            Reads the topic as a member of a group and writes its events to ClickHouse in batches; what can never be
            applied goes to the dead-letter topic. Waits for the schema that it needs. Its page on METRICS_PORT has
            /metrics, /health and /ready.
            """
        case .broker:
            """
            A single-node Kafka broker for development, tests and small installations. It keeps its topics, its logs and
            the committed offsets in DATA_DIR/broker.
            """
        case .migrate:
            """
            Makes the database and its tables where they are missing, and applies the steps that an older schema lacks.
            Waits up to a minute for a ClickHouse that does not answer yet.
            """
        case .health:
            """
            Asks the services' /ready on this machine, each for up to three seconds.
            """
        case .topic:
            """
            A row's version is its message's place in one topic, so the database records which topic that is, and a
            consumer that finds another one refuses to start. Where the old topic is gone for good, or all of it was
            applied, `topic adopt` records the one that is there now: its operations come after all that is stored, and
            it is read from its beginning. Kafka and ClickHouse must run; under `up` the consumer goes on by itself.
            """
        case .demo:
            """
            Sends events of made-up conversations to the API of this machine: several models and users, bursts of errors,
            traffic that grows and has a day and a night. The same each time, but for ids and times. The names are the first
            of EVENT_NAMES; with API_KEY set, that key is sent along.
            """
        case .dlq:
            """
            Messages that can never be applied are put aside in a topic of their own, with the reason. Once that is
            mended, `dlq replay` sends them again to the topic that they came from, in their order. What was sent again is
            noted before it is sent: each is sent at most once, unless --again says otherwise. Kafka must run.
            """
        case .keys:
            """
            Prints a new key, which is kept nowhere, and the entry to add to API_KEYS or to the file that API_KEYS_FILE
            names. The API reads that file again on SIGHUP.
            """
        case .rebuild:
            """
            The consumers that run leave the group, go back to the topic's beginning and apply it again; where none
            runs, the next one does so when it starts. What is stored already stays as it is; what is missing comes
            back, as far as the topic goes back. A consumer that finds a new database beside a group that has read does
            so unasked. Kafka and ClickHouse must run.
            """
        }
    }

    /// What it ends with, and when.
    private var statuses: [(status: Int32, when: String)] {
        let wrong: (Int32, String) = (64, "the command line cannot be understood")
        let permanent: (Int32, String) = (78, "a setting cannot be used, or starting it again is of no use")
        return switch self {
        case .up: [(0, "it was stopped"), (1, "it could not start, and why"), wrong, (78, "a setting cannot be used")]
        case .api, .consumer: [(0, "it was stopped"), (1, "it failed, and may be started again"), wrong, permanent]
        case .broker: [(0, "it was stopped"), (1, "it failed, and why"), wrong, (78, "a setting cannot be used")]
        case .topic, .rebuild: [(0, "it is done"), (1, "it failed, and may be tried again"), wrong, permanent]
        case .migrate: [(0, "the schema is up to date"), (1, "it failed, and may be tried again"), wrong, permanent]
        case .demo: [(0, "all are accepted"), (1, "it failed, and why"), wrong, (78, "a setting cannot be used")]
        case .dlq:
            [
                (0, "it is done"), (1, "it failed, or a letter could not be sent again"), wrong,
                (78, "a setting cannot be used"),
            ]
        case .keys: [(0, "it is printed"), wrong, (78, "a setting cannot be used")]
        case .health: [(0, "ready"), (1, "not ready, and why"), wrong, (78, "a setting cannot be used")]
        }
    }

    /// The settings that it reads.
    private var settings: [String] {
        let api = [
            "API_HOST", "API_PORT", "API_TLS_CERTIFICATE", "API_TLS_KEY", "API_KEYS", "API_KEYS_FILE",
            "RATE_LIMIT_EVENTS", "DASHBOARD_DIR",
        ]
        let events = ["EVENT_NAMES", "MAX_BODY_BYTES", "MAX_BATCH_BYTES", "MAX_BATCH_ITEMS", "OTLP_SPANS"]
        let topic =
            ["KAFKA_BROKERS", "KAFKA_TOPIC", "KAFKA_PARTITIONS"] + TLSSettings.names("KAFKA_TLS") + Settings.saslNames
        let consumer = [
            "KAFKA_GROUP_ID", "KAFKA_GROUP_INSTANCE_ID", "CONSUMER_BATCH_SIZE", "CONSUMER_FLUSH_INTERVAL_MS",
        ]
        let metrics = ["METRICS_HOST", "METRICS_PORT"]
        let clickHouse =
            [
                "CLICKHOUSE_HOST", "CLICKHOUSE_PORT", "CLICKHOUSE_ADDRESSES", "CLICKHOUSE_DATABASE", "CLICKHOUSE_USER",
                "CLICKHOUSE_PASSWORD", "CLICKHOUSE_PASSWORD_FILE",
            ] + TLSSettings.names("CLICKHOUSE_TLS")
        let broker = [
            "DATA_DIR", "BROKER_HOST", "BROKER_PORT", "BROKER_ADVERTISED_HOST", "BROKER_FSYNC",
            "BROKER_AUTO_CREATE_TOPICS",
        ]
        let logs = ["LOG_LEVEL", "LOG_FORMAT"]
        let traces = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME"]
        return switch self {
        case .up:
            api + events + topic + consumer + metrics + clickHouse + ["CLICKHOUSE_SERVER_COMMAND"] + broker + traces
                + logs
        case .api: api + events + topic + ["KAFKA_GROUP_ID"] + clickHouse + traces + logs
        case .consumer: topic + consumer + metrics + clickHouse + traces + logs
        case .broker: broker + logs
        case .migrate: clickHouse + logs
        case .health: api + metrics
        case .keys: []
        case .demo: api + ["EVENT_NAMES", "API_KEY"] + logs
        case .dlq: topic + logs
        case .topic, .rebuild: topic + ["KAFKA_GROUP_ID"] + clickHouse + logs
        }
    }
}

// MARK: - Guesses

extension Command {
    /// What to say behind a word that is no command: the one that it was meant to be, where that can be guessed.
    static func hint(_ word: String) -> String {
        Spelling.meant(by: word, among: allCases.map(\.rawValue)).map { ": do you mean '\($0)'?" } ?? ""
    }

    /// Variables that are set and that nothing reads, each with the setting that it was meant to be: one that is not set.
    static func mistyped(in environment: Environment) -> [(name: String, meant: String)] {
        let known = Set(allCases.flatMap(\.settings))
        let missing = known.filter { environment[$0] == nil }.sorted()
        return environment.names.filter { !known.contains($0) }.sorted().compactMap { name in
            Spelling.meant(by: name, among: missing).map { (name, $0) }
        }
    }
}

// MARK: - Texts

extension Command {
    /// What `help` alone shows.
    static let usage = """
        usage: event-analytics COMMAND [ARGUMENTS]

        \(table(allCases.map { ($0.rawValue, $0.summary) }))

        `event-analytics help COMMAND` says more of one. Settings are environment variables, the same for every command;
        README.md lists them.
        """

    /// How it is called, in a line.
    private var synopsis: String {
        (["event-analytics", rawValue] + operands.map { "[\($0.name)]" + ($0.repeats ? "…" : "") }
            + options.map { "[\($0.synopsis)]" }).joined(separator: " ")
    }

    /// What `help COMMAND` shows.
    var helpText: String {
        var parts = ["usage: \(synopsis)", "\(Self.capitalized(summary)).", description]
        let arguments =
            operands.map { ($0.name, $0.help) } + options.map { ($0.synopsis, $0.help) } + [("-h, --help", "show this")]
        parts.append("Arguments:\n" + Self.table(arguments))
        parts.append("Exit status:\n" + Self.table(statuses.map { ("\($0.status)", $0.when) }))
        if settings.isEmpty { return parts.joined(separator: "\n\n") }
        parts.append("Settings (environment variables; README.md says what they are):\n" + Self.lines(settings))
        return parts.joined(separator: "\n\n")
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// Two columns, the first as wide as it must be.
    private static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count + 2))\($0.1)" }
            .joined(separator: "\n")
    }

    /// Words in lines of up to 100 characters.
    private static func lines(_ words: [String]) -> String {
        var lines = [" "]
        for word in words {
            if lines[lines.count - 1].count + word.count > 98 { lines.append(" ") }
            lines[lines.count - 1] += " \(word)"
        }
        return lines.joined(separator: "\n")
    }
}
