import Telemetry
public import Transport

/// A single-node broker that speaks Kafka's protocol and keeps its logs and committed offsets in files.
///
///     let broker = KafkaBroker(configuration: .init(dataDirectory: "data/broker", port: 9092))
///     try await broker.run(on: group)
///
/// An acknowledged record was written to the kernel, and survives the process however it ends; the configuration's
/// `sync` says when it survives the machine. Transactions, compaction and the newer group protocol (KIP-848) are not
/// offered, and not told to clients.
public struct KafkaBroker: Sendable {
    /// What it is set to.
    public let configuration: BrokerConfiguration

    /// Makes a broker; nothing happens before `run`.
    public init(configuration: BrokerConfiguration) { self.configuration = configuration }

    /// Serves clients until the task is cancelled; then what waits is written, and the folder is free for the next one.
    ///
    /// Topics, logs and groups live on the group's first loop; connections on all of them.
    ///
    /// - Parameters:
    ///   - group: The loops.
    ///   - ready: Called once clients can connect, with where it listens: the port is the one that the system chose
    ///     where the configuration has 0.
    /// - Throws: `BrokerError` where a setting makes no sense, another process has the data folder, or it cannot be
    ///   read; `TransportError` where the port cannot be had.
    public func run(
        on group: EventLoopGroup, ready: @Sendable (Endpoint) -> Void = { _ in }
    ) async throws {
        try configuration.validate()
        let configuration = configuration.bounded(byOpenFiles: OpenFiles.limit)
        let folder = configuration.dataDirectory
        let stored = try await BlockingPool.run { () throws(BrokerError) in
            try StoredBroker.open(folder, now: WallClock.milliseconds)
        }
        var options = ListenOptions()
        options.maxConnections = configuration.maxConnections
        let listener = try Listener.bind(
            to: .tcp(host: configuration.host, port: configuration.port), options: options, on: group)
        let loop = group.loops[0]
        try await loop.run {
            let core = BrokerCore(stored, configuration: configuration, loop: loop)
            core.advertise(port: listener.localEndpoint.port ?? configuration.port)
            core.logger.info("broker listens", metadata: ["endpoint": "\(listener.localEndpoint)", "folder": folder])
            for remark in stored.remarks { core.logger.warning("recovered", metadata: ["what": remark]) }
            ready(listener.localEndpoint)
            do {
                try await serve(core, listener)
            } catch {
                await core.shutDown()
                throw error
            }
            await core.shutDown()
        }
    }

    private func serve(_ core: BrokerCore, _ listener: Listener) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask(executorPreference: core.loop) { await core.runGroupTimer() }
            tasks.addTask(executorPreference: core.loop) { await core.runMaintenance() }
            do {
                try await listener.run { stream in await Connection(stream: stream, core: core).serve() }
            } catch {
                tasks.cancelAll()
                throw error
            }
            tasks.cancelAll()
        }
    }
}
