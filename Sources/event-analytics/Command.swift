/// What the program can be asked to do.
enum Command: String, CaseIterable {
    case up
    case api
    case consumer
    case broker
    case migrate
    case health

    /// One line of help.
    var help: String {
        switch self {
        case .up: "run all of it on this machine, with a ClickHouse and a broker of its own; Ctrl-C stops it"
        case .api: "serve the HTTP API"
        case .consumer: "write the topic's events to ClickHouse"
        case .broker: "run the embedded Kafka broker alone"
        case .migrate: "bring the database's schema up to date, and end"
        case .health: "say whether the services are ready: `health [api|consumer|all]`, status 0 or 1"
        }
    }

    static let usage = """
        usage: event-analytics COMMAND

        \(allCases.map { "  \($0.rawValue)\(String(repeating: " ", count: 10 - $0.rawValue.count))\($0.help)" }
            .joined(separator: "\n"))

        Settings are environment variables, the same for every command; README.md lists them.
        """
}
