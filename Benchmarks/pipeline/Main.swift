import Glibc
import HTTP
import Transport

/// The benchmark of the whole pipeline: creates, updates and deletes through the HTTP API, until all of them are visible
/// and the final state is checked.
@main
struct PipelineBenchmark {
    static func main() async {
        do {
            try await run(try Settings.fromEnvironment())
        } catch {
            Progress().end()
            print("benchmark: \(error)")
            // The exit status tells scripts.
            exit(1)
        }
    }

    /// Leaves the main actor, which `main` is on, for an event loop.
    @concurrent
    private static func run(_ settings: Settings) async throws {
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        try await loop.run { try await run(settings, on: loop) }
        await group.shutdown()
    }

    private static func run(_ settings: Settings, on loop: EventLoop) async throws {
        let workload = Workload(
            creates: settings.creates, updates: settings.updates, deletes: settings.deletes,
            run: UInt64.random(in: 0..<(1 << 40)))
        let target = try Target(settings, on: loop)
        print(
            "\(settings.baseURL): \(settings.creates) creates, \(settings.updates) updates, \(settings.deletes) deletes, "
                + "\(settings.concurrency) at once")
        let load = Load(target: target, workload: workload, concurrency: settings.concurrency)
        for (phase, count) in zip(Phase.allCases, [settings.creates, settings.updates, settings.deletes]) {
            print(try await load.run(phase, count: count, on: loop).line)
        }
        let answered = ContinuousClock.now
        try await Verification(target: target, workload: workload, settings: settings).run(on: loop)
        let seconds = answered.duration(to: .now).seconds
        print("visible: every operation within \(fixed(seconds)) s of the last answer, the reads that show it included")
        print("final state: exactly the expected one (\(workload.conversations) conversations compared)")
        target.client.close()
    }
}
