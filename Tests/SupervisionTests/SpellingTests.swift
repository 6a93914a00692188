import Supervision
import Testing

@Suite("What a mistyped word was meant to be")
struct SpellingTests {
    private let names = [
        "API_HOST", "API_PORT", "KAFKA_BROKERS", "KAFKA_TOPIC", "CLICKHOUSE_HOST", "CLICKHOUSE_PORT", "EVENT_NAMES",
        "LOG_LEVEL", "DATA_DIR", "BROKER_PORT", "METRICS_PORT",
    ]

    @Test(
        "slips are understood",
        arguments: [
            ("KAFKA_BROKER", "KAFKA_BROKERS"), ("KAKFA_BROKERS", "KAFKA_BROKERS"), ("EVENT_NAME", "EVENT_NAMES"),
            ("LOGLEVEL", "LOG_LEVEL"), ("CLICKHOUSE_HOSTS", "CLICKHOUSE_HOST"), ("APIPORT", "API_PORT"),
            ("KAFKA_TOPCI", "KAFKA_TOPIC"),
        ])
    func slips(_ word: String, _ meant: String) {
        #expect(Spelling.meant(by: word, among: names) == meant)
    }

    @Test(
        "what is another's is left alone",
        arguments: [
            "KAFKA_HOME", "KAFKA_OPTS", "PATH", "HOME", "API_KEY", "API_URL", "CLICKHOUSE_URL", "", "X",
            "KAFKA_BROKERS",
            "LOG_DIR", "DATA", "A_PORT",
        ])
    func others(_ word: String) {
        #expect(Spelling.meant(by: word, among: names) == nil)
    }

    @Test("of two that are as near, none is guessed")
    func ambiguous() {
        #expect(Spelling.meant(by: "cat", among: ["bat", "hat"]) == nil)
        #expect(Spelling.meant(by: "helth", among: ["health", "api"]) == "health")
    }
}
