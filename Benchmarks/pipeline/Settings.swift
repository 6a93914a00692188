import Glibc

/// What the benchmark does, from the environment.
struct Settings {
    /// How many events are created, then updated, then deleted.
    var creates = 500_000
    var updates = 200_000
    var deletes = 200_000

    /// How many requests are under way at once, each on a connection of its own.
    var concurrency = 100

    /// Where the API is.
    var baseURL = "http://127.0.0.1:8080"

    /// How long all may take to become visible once the last request was answered.
    var visibleWithin = Duration.seconds(300)

    /// Events of a conversation; the final state is read conversation by conversation.
    static let eventsPerConversation = 100

    /// Reads the environment.
    ///
    /// - Throws: `BenchmarkError` naming the variable whose value is none.
    static func fromEnvironment() throws -> Settings {
        var settings = Settings()
        settings.creates = try count("INSERT_COUNT", settings.creates)
        settings.updates = try count("UPDATE_COUNT", min(settings.updates, settings.creates))
        settings.deletes = try count("DELETE_COUNT", min(settings.deletes, settings.creates))
        settings.concurrency = try count("CONCURRENCY", settings.concurrency)
        if let url = variable("API_BASE_URL") { settings.baseURL = url }
        guard settings.creates > 0 else { throw BenchmarkError("INSERT_COUNT must be at least 1") }
        guard settings.concurrency > 0 else { throw BenchmarkError("CONCURRENCY must be at least 1") }
        for (name, value) in [("UPDATE_COUNT", settings.updates), ("DELETE_COUNT", settings.deletes)] {
            guard value <= settings.creates else {
                throw BenchmarkError("\(name) is \(value), more than the \(settings.creates) events of INSERT_COUNT")
            }
        }
        return settings
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func count(_ name: String, _ standard: Int) throws -> Int {
        guard let text = variable(name) else { return standard }
        guard let value = Int(text), value >= 0 else { throw BenchmarkError("\(name) is no count: \(text)") }
        return value
    }
}

/// Why the benchmark could not go on, in one line.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
