import EventStore
import Glibc
import Supervision
import Telemetry
import Transport

/// The program: finds out what is wanted, reads the settings, and says in one line why it cannot go on.
@main
struct EventAnalytics {
    static func main() async {
        do throws(UsageError) {
            switch try Invocation.parse(Array(CommandLine.arguments.dropFirst())) {
            case .show(let text): Console.say(text)
            case .run(let command, let arguments): await run(command, arguments)
            }
        } catch {
            let name = error.command.map { " \($0.rawValue)" } ?? ""
            end(
                "event-analytics\(name): \(error.problem)\n`event-analytics help\(name)` says what there is",
                status: UsageError.status)
        }
    }

    static let version = "1.0.0"

    private static func run(_ command: Command, _ arguments: Arguments) async {
        let environment = Environment.process
        // Whoever started this process has gone; nobody is left to work for.
        guard ParentProcess.follow(environment) else { exit(0) }
        // The children of `up` have its environment, and it has said so already.
        if environment[ParentProcess.variable] == nil {
            for (name, meant) in Command.mistyped(in: environment) {
                Console.complain("event-analytics \(command.rawValue): \(name) is set: do you mean \(meant)?")
            }
        }
        // Before there are other threads.
        Heap.bound()
        do {
            let settings = try Settings(environment)
            let services = Services(settings: settings, output: environment[OutputFile.variable])
            LoggingSystem.bootstrap(level: settings.logLevel, format: settings.logFormat)
            switch command {
            case .up: try Up.run(settings, environment)
            case .api: try await services.api()
            case .consumer: try await services.consumer()
            case .broker: try await services.broker()
            case .migrate: try await services.migrate()
            case .topic: try await services.topic(arguments.operands.first ?? "show")
            case .rebuild: try await services.rebuild()
            case .keys: try NewKey.show(arguments)
            case .demo: try await Demo.run(settings, arguments, key: environment["API_KEY"])
            case .dlq: try await services.deadLetters(arguments)
            case .health: try await Health(settings: settings).check(arguments.operands.first ?? "api")
            }
        } catch {
            end("event-analytics \(command.rawValue): \(error)", status: status(for: error))
        }
    }

    /// What the process ends with: another status where starting it again is of no use.
    private static func status(for error: any Error) -> Int32 {
        switch error {
        case is SettingError: SupervisorState.permanentFailure
        case is UsageError: UsageError.status
        case let error as EventStoreError where error.isPermanent: SupervisorState.permanentFailure
        default: 1
        }
    }

    private static func end(_ message: String, status: Int32) -> Never {
        Console.complain(message)
        exit(status)
    }
}
