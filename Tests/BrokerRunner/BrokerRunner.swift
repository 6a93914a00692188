import Glibc
import KafkaBroker
import Telemetry
import Transport

/// A process with nothing in it but the broker, for tests that kill it and for benchmarks.
///
///     broker-runner FOLDER [PORT] [never|commit] [LOOPS]
///
/// It prints where it listens, and ends in good order on SIGTERM and SIGINT.
@main
struct BrokerRunner {
    /// Where a signal is told: written before any other thread starts, and only read after that.
    nonisolated(unsafe) private static var stop: (Int32, Int32) = (-1, -1)

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else {
            complain("usage: broker-runner FOLDER [PORT] [never|commit] [LOOPS]")
            exit(2)
        }
        guard
            withUnsafeMutablePointer(to: &stop, { $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe($0) } }) == 0
        else { return complain("no pipe for signals") }
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                // Nothing but a write is allowed in a signal's handler.
                _ = write(BrokerRunner.stop.1, "x", 1)
            }
        }

        var configuration = BrokerConfiguration(
            dataDirectory: arguments[1], port: arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0)
        if arguments.count > 3, arguments[3] == "commit" { configuration.sync = .eachCommit }
        configuration.autoCreateTopics = true
        let broker = KafkaBroker(configuration: configuration)
        let group = try EventLoopGroup(loops: arguments.count > 4 ? Int(arguments[4]) ?? 1 : 1)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await broker.run(on: group) { endpoint in
                        print(endpoint)
                        fflush(nil)
                    }
                }
                tasks.addTask {
                    await BlockingPool.run {
                        var byte: UInt8 = 0
                        while read(Self.stop.0, &byte, 1) < 0, errno == EINTR {}
                    }
                }
                try await tasks.next()
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
        } catch {
            complain("broker-runner: \(error)")
            exit(1)
        }
        await group.shutdown()
    }

    private static func complain(_ text: String) {
        let line = text + "\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}
