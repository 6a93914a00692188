import Dashboard
import EventAPI
import EventConsumer
import EventStore
import Events
import KafkaBroker
import KafkaClient
import Supervision
import Telemetry
import Tracing
import Transport

/// The services, as the settings describe them. Each runs until a signal says to stop, and then ends in order.
struct Services {
    let settings: Settings

    /// The file that this process's output goes to, where it is `up`'s child.
    let output: String?

    func api() async throws {
        var configuration = EventAPIConfiguration(
            endpoint: .tcp(host: settings.apiHost, port: settings.apiPort), kafka: try kafka, store: try store)
        configuration.topic = EventTopic(settings.kafkaTopic, partitions: settings.kafkaPartitions)
        configuration.eventNames = eventNames
        configuration.maximumBody = settings.maxBodyBytes
        configuration.maximumBatch = settings.maxBatchBytes
        configuration.maximumBatchItems = settings.maxBatchItems
        configuration.tls = try settings.apiTLS()
        configuration.takesAllSpans = settings.takesAllSpans
        configuration.groupID = settings.kafkaGroupID
        configuration.version = EventAnalytics.version
        configuration.keys = settings.apiKeys
        if let file = settings.apiKeysFile { configuration.readKeys = { try Settings.keys(in: file) } }
        configuration.eventsPerSecond = settings.eventsPerSecond
        if let folder = settings.dashboardFolder {
            do throws(DashboardError) { configuration.dashboard = try Dashboard(folder: folder) } catch {
                throw SettingError("DASHBOARD_DIR", "cannot be read: \(error)")
            }
        }
        configuration.spans = settings.spanTarget.map { _ in SpanQueue() }
        let (api, spans) = (EventAPI(configuration), configuration.spans)
        try await onLoops { group in
            try await SignalWatch.run(on: group, stop: { api.stop() }, reload: { try api.reload() }) {
                try await exporting(spans, "api", on: group) { try await api.run(on: group) }
            }
        }
    }

    func consumer() async throws {
        var configuration = try consumerConfiguration()
        configuration.spans = settings.spanTarget.map { _ in SpanQueue() }
        let (consumer, spans) = (EventConsumer(configuration), configuration.spans)
        try await onLoops { group in
            try await SignalWatch.run(on: group, stop: { consumer.stop() }) {
                try await exporting(spans, "consumer", on: group) { try await consumer.run(on: group) }
            }
        }
    }

    func broker() async throws {
        var configuration = BrokerConfiguration(
            dataDirectory: "\(settings.dataDirectory)/broker", host: settings.brokerHost, port: settings.brokerPort)
        configuration.advertisedHost = settings.brokerAdvertisedHost
        configuration.sync = settings.brokerSync
        configuration.autoCreateTopics = settings.brokerCreatesTopics
        let broker = KafkaBroker(configuration: configuration)
        try await onLoops { group in
            // Not a child task: only a task's own handle can be cancelled by the signal. It is awaited below.
            let serving = Task { try await broker.run(on: group) }
            try await SignalWatch.run(on: group, stop: { serving.cancel() }) {
                do { try await serving.value } catch is CancellationError {}
            }
        }
    }

    func migrate() async throws {
        try await onLoops { group in
            let store = EventStore(try store, on: group.next())
            // A ClickHouse that was started a moment ago may not listen yet.
            let applied = try await store.migrate(waitingUpTo: .seconds(60))
            let what = applied.isEmpty ? "the schema is up to date" : "applied \(applied.count) steps"
            Console.say("migrate: \(what) in database \(settings.clickHouseDatabase)")
            await store.close()
        }
    }

    /// Runs a service, and exports its spans meanwhile, where they are to be.
    private func exporting(
        _ spans: SpanQueue?, _ role: String, on group: EventLoopGroup, _ body: () async throws -> Void
    ) async throws {
        guard let spans, let target = settings.spanTarget else { return try await body() }
        let exporter = SpanExporter(
            to: target, of: spans, service: settings.otelService ?? "event-analytics-\(role)",
            version: EventAnalytics.version)
        let loop = group.next()
        // Not a child task: it goes on until the service has ended, whatever that ends with, and is awaited then.
        let exporting = Task { await exporter.run(on: loop) }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        exporting.cancel()
        await exporting.value
        try outcome.get()
    }

    /// Runs a service on loops of its own, and shuts them down when it has ended.
    func onLoops(_ body: (EventLoopGroup) async throws -> Void) async throws {
        OpenFiles.raiseLimit()
        let group = try EventLoopGroup()
        // Not a child task: it goes on for as long as the service, whatever that waits for, and is cancelled below.
        let upkeep = [Task { await group.keepMemory() }, Task { await keepOutputWithinBounds(on: group.loops[0]) }]
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(group)) } catch { outcome = .failure(error) }
        for task in upkeep {
            task.cancel()
            await task.value
        }
        await group.shutdown()
        try outcome.get()
    }

    /// Looks after the output file's size, until the task is cancelled.
    private func keepOutputWithinBounds(on loop: EventLoop) async {
        guard let file = output.map({ OutputFile(path: $0) }) else { return }
        while true {
            do {
                try await loop.run { try await loop.sleep(for: .seconds(5)) }
            } catch {
                // Cancelled, or the loop has ended.
                return
            }
            await BlockingPool.run { _ = file.keepWithinBounds() }
        }
    }
}
