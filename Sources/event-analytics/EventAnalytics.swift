import EventStore
import Glibc
import Telemetry

/// The program: finds out what is wanted, reads the settings, and says in one line why it cannot go on.
@main
struct EventAnalytics {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "--help", "-h", "help":
            Console.say(Command.usage)
        case "--version":
            Console.say("event-analytics \(version)")
        case let word?:
            guard let command = Command(rawValue: word), arguments.count == 1 || command == .health else {
                end("unknown arguments '\(arguments.joined(separator: " "))'\n\n\(Command.usage)", status: 64)
            }
            await run(command, Array(arguments.dropFirst()))
        case nil:
            end(Command.usage, status: 64)
        }
    }

    static let version = "1.0.0"

    private static func run(_ command: Command, _ arguments: [String]) async {
        let environment = Environment.process
        // Whoever started this process has gone; nobody is left to work for.
        guard ParentProcess.follow(environment) else { exit(0) }
        do {
            let settings = try Settings(environment)
            let services = Services(settings: settings)
            LoggingSystem.bootstrap(level: settings.logLevel, format: settings.logFormat)
            switch command {
            case .up: try Up.run(settings, environment)
            case .api: try await services.api()
            case .consumer: try await services.consumer()
            case .broker: try await services.broker()
            case .migrate: try await services.migrate()
            case .health: try await Health(settings: settings).check(arguments.first ?? "api")
            }
        } catch {
            end("event-analytics \(command.rawValue): \(error)", status: status(for: error))
        }
    }

    /// What the process ends with: another status where starting it again is of no use.
    private static func status(for error: any Error) -> Int32 {
        switch error {
        case is SettingError: Supervisor.permanentFailure
        case let error as EventStoreError where error.isPermanent: Supervisor.permanentFailure
        default: 1
        }
    }

    private static func end(_ message: String, status: Int32) -> Never {
        Console.complain(message)
        exit(status)
    }
}
