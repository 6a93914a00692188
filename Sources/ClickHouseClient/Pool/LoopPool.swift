import ClickHouseProtocol
import Telemetry
import Transport

/// The connections of one event loop: made when they are needed, up to a limit; those that are idle are kept, the one
/// used last is used first. It is touched on its loop alone.
final class LoopPool {
    private let configuration: ClickHouseConfiguration
    private let loop: EventLoop
    private let released: LoopSignal
    private let log = Logger(label: "clickhouse.pool")
    private var idle: [ClickHouseConnection] = []
    private var count = 0
    private var waiting = 0
    private var isClosed = false
    private var failure: (error: ClickHouseError, until: Deadline, pause: Duration)?

    init(_ configuration: ClickHouseConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        released = LoopSignal(on: loop)
    }

    /// Takes a connection that works: an idle one, or a new one, or the next that is given back.
    func acquire(until deadline: Deadline) async throws(ClickHouseError) -> ClickHouseConnection {
        let deadline = min(deadline, .after(configuration.acquireTimeout))
        while true {
            guard !isClosed else { throw ClickHouseError(.closed, "the client was closed") }
            if let connection = try await takeIdle(until: deadline) { return connection }
            if count < configuration.connectionsPerLoop { return try await connect(until: deadline) }
            guard waiting < configuration.waitersPerLoop else {
                throw ClickHouseError(
                    .poolExhausted, "all \(count) connections are in use, and \(waiting) wait for one",
                    isRetriable: true)
            }
            waiting += 1
            defer { waiting -= 1 }
            do {
                try await released.wait(deadline: deadline)
            } catch {
                var failure = ClickHouseError(error)
                if failure.code == .deadline {
                    failure.message = "no connection came free: all \(count) are in use"
                    failure.endpoint = configuration.endpoints.first
                }
                throw failure
            }
        }
    }

    private func takeIdle(until deadline: Deadline) async throws(ClickHouseError) -> ClickHouseConnection? {
        while let connection = idle.popLast() {
            if connection.isUsable {
                if Deadline.now < connection.idleSince.advanced(by: configuration.idleCheck) { return connection }
                do throws(ClickHouseError) {
                    try await connection.ping(deadline: min(deadline, .after(.seconds(2))))
                    return connection
                } catch {
                    if error.code == .cancelled {
                        discard(connection)
                        throw error
                    }
                }
            }
            log.debug("idle connection had gone", metadata: [.endpoint: connection.endpoint])
            discard(connection)
        }
        return nil
    }

    private func connect(until deadline: Deadline) async throws(ClickHouseError) -> ClickHouseConnection {
        if let failure, Deadline.now < failure.until { throw failure.error }
        count += 1
        do throws(ClickHouseError) {
            let connection = try await ClickHouseConnection.connect(configuration, on: loop, deadline: deadline)
            failure = nil
            return connection
        } catch {
            count -= 1
            released.signalOne()
            guard error.code != .cancelled else { throw error }
            let pause = failure.map { min($0.pause * 2, configuration.longestBackOff) } ?? configuration.firstBackOff
            failure = (error, .after(pause), pause)
            log.debug("no connection", metadata: [.error: error])
            throw error
        }
    }

    /// Takes a connection back, and keeps it where it can be used again.
    func release(_ connection: ClickHouseConnection) {
        if connection.isUsable, !isClosed {
            connection.idleSince = .now
            idle.append(connection)
            released.signalOne()
        } else {
            discard(connection)
        }
    }

    private func discard(_ connection: ClickHouseConnection) {
        connection.close()
        count -= 1
        released.signalOne()
    }

    /// Closes what is idle; what is in use is closed when it is given back.
    func close() {
        isClosed = true
        for connection in idle { discard(connection) }
        idle = []
        released.signal()
    }
}
