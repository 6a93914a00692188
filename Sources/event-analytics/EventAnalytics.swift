import Glibc

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
            switch command {
            case .up: try Up.run(settings, environment)
            case .api, .consumer, .broker, .migrate, .health: throw UpError("not furnished yet")
            }
        } catch let error as SettingError {
            end("event-analytics \(command.rawValue): \(error)", status: Supervisor.permanentFailure)
        } catch {
            end("event-analytics \(command.rawValue): \(error)", status: 1)
        }
    }

    private static func end(_ message: String, status: Int32) -> Never {
        Console.complain(message)
        exit(status)
    }
}
