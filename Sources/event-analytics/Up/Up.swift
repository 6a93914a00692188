import Events
import Glibc
import Supervision
import Transport

/// `up`: the whole pipeline on this machine, as child processes.
enum Up {
    /// - Throws: `UpError` or `SettingError`: what stops it from running, and what to do.
    static func run(_ settings: Settings, _ environment: Environment) throws {
        let folder = absolute(settings.dataDirectory)
        try settings.requirePortsOfTheirOwn()
        try settings.requireServersForTheirSettings()
        _ = try settings.apiTLS()
        let lock = try FolderLock.take(folder)
        try requirePorts(settings)
        if settings.hasOwnClickHouse, settings.clickHouseServerCommand == nil {
            throw SettingError(
                "CLICKHOUSE_SERVER_COMMAND",
                "must name what starts ClickHouse (`make up` sets it), or set CLICKHOUSE_HOST")
        }
        try FolderLock.makeFolders("\(folder)/logs")
        try Supervisor(plan(settings, environment, folder)).run()
        _ = consume lock
    }

    private static func requirePorts(_ settings: Settings) throws(UpError) {
        try PortCheck.requireFree(settings.apiPort, for: "the API", setting: "API_PORT")
        try PortCheck.requireFree(settings.metricsPort, for: "the consumer's metrics", setting: "METRICS_PORT")
        if settings.hasOwnBroker {
            try PortCheck.requireFree(settings.brokerPort, for: "the Kafka broker", setting: "BROKER_PORT")
        }
        if settings.hasOwnClickHouse {
            try PortCheck.requireFree(settings.clickHousePort, for: "ClickHouse", setting: "CLICKHOUSE_PORT")
        }
    }

    private static func plan(_ settings: Settings, _ environment: Environment, _ folder: String) -> Supervisor.Plan {
        // The children are told where everything is, and which process they belong to.
        var told = ["DATA_DIR": folder, ParentProcess.variable: "\(getpid())"]
        if settings.hasOwnClickHouse { told["CLICKHOUSE_HOST"] = "127.0.0.1" }
        if settings.hasOwnBroker { told["KAFKA_BROKERS"] = "127.0.0.1:\(settings.brokerPort)" }
        if settings.kafkaGroupInstanceID == nil { told["KAFKA_GROUP_INSTANCE_ID"] = "up" }
        let variables = environment.merging(told)
        let program = ownPath()
        func child(_ name: String, _ command: [String]) -> Child {
            Child(name, command, environment: variables, output: OutputFile(path: "\(folder)/logs/\(name).log"))
        }

        var children: [(child: Child, role: SupervisorState.Role)] = []
        if settings.hasOwnClickHouse, let starter = settings.clickHouseServerCommand {
            let command = [starter, "--port", "\(settings.clickHousePort)", "--dir", "\(folder)/clickhouse"]
            children.append((child("clickhouse", command), .server))
        }
        if settings.hasOwnBroker { children.append((child("broker", [program, "broker"]), .server)) }
        children.append((child("migrate", [program, "migrate"]), .migration))
        children.append((child("api", [program, "api"]), .service(isNeeded: true)))
        // Without it events are taken and kept in Kafka all the same, and what cures it needs the rest.
        children.append((child("consumer", [program, "consumer"]), .service(isNeeded: false)))
        return Supervisor.Plan(
            children: children,
            probe: { services in
                let asked = services.count > 1 ? "all" : services[0]
                return Child("health", [program, "health", asked], environment: variables, output: nil)
            },
            screen: { [children] in screen(settings, folder, children.map(\.child)) })
    }

    private static func screen(_ settings: Settings, _ folder: String, _ children: [Child]) -> String {
        let api = "\(settings.apiScheme)://127.0.0.1:\(settings.apiPort)"
        let kafka =
            settings.hasOwnBroker
            ? "127.0.0.1:\(settings.brokerPort)" : settings.kafkaBrokers.map(\.description).joined(separator: ",")
        let clickHouse =
            settings.clickHouseAddresses.map { $0.map(\.description).joined(separator: ",") }
            ?? "\(settings.hasOwnClickHouse ? "127.0.0.1" : settings.clickHouseHost):\(settings.clickHousePort)"
        func process(_ name: String) -> String {
            guard let child = children.first(where: { $0.name == name }) else { return "not started here" }
            return child.pid.map { "process \($0)" } ?? "does not run at the moment"
        }
        // Another one each time: what was deleted is never there again.
        let id = EventIDGenerator.shared.next(at: Timestamp(milliseconds: WallClock.milliseconds))
        return """

            The event pipeline runs.

              API          \(api)   \(process("api"))
              consumer     http://127.0.0.1:\(settings.metricsPort)/metrics   \(process("consumer"))
              Kafka        \(kafka), topic \(settings.kafkaTopic)   \(process("broker"))
              ClickHouse   \(clickHouse), database \(settings.clickHouseDatabase)   \(process("clickhouse"))
              data, logs   \(folder), \(folder)/logs

            Try:

              curl -s \(api)/event -d '{"id":"\(id)","conversation_id":"tour","event_name":"event_a","latency":120.5}'
              curl -s \(api)/event/\(id)
              curl -s \(api)/events/conversation/tour
              curl -s '\(api)/analytics/errors?event_name=event_a'
              curl -s \(api)/analytics/latency
              curl -s \(api)/analytics/sessions/top-errors

            Ctrl-C stops all of it; the data stays.

            """
    }

    /// This program's file, which the children are started from.
    private static func ownPath() -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &bytes, bytes.count - 1)
        guard count > 0 else { return CommandLine.arguments[0] }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }
}
