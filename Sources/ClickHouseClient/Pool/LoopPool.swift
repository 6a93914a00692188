import ClickHouseProtocol
import Telemetry
import Transport

/// The connections of one event loop: made when they are needed, up to a limit; those that are idle are kept, the one
/// used last is used first. It does what its state decides. It is touched on its loop alone.
final class LoopPool {
    private typealias State = PoolState<ClickHouseConnection>

    private let configuration: ClickHouseConfiguration
    private let loop: EventLoop
    private let log = Logger(label: "clickhouse.pool")
    private var state: State
    /// Those who wait, and what they have got.
    private var waits: [State.Waiter: Wait] = [:]
    private var attempts: [Int: Task<Void, Never>] = [:]
    /// Those who see to connections that were left in the middle of a result.
    private var leaving: [Int: Task<Void, Never>] = [:]
    private var nextTask = 0
    private var unended = UnendedQueries()
    private var killing: Task<Void, Never>?
    private var health: EndpointHealth

    private final class Wait {
        let answered: LoopSignal
        let deadline: Deadline
        var answer: Result<ClickHouseConnection, ClickHouseError>?

        init(on loop: EventLoop, until deadline: Deadline) {
            answered = LoopSignal(on: loop)
            self.deadline = deadline
        }
    }

    init(_ configuration: ClickHouseConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        health = EndpointHealth(count: configuration.endpoints.count)
        state = State(
            .init(
                connections: max(configuration.connectionsPerLoop, 1), waiters: configuration.waitersPerLoop,
                firstBackOff: configuration.firstBackOff, longestBackOff: configuration.longestBackOff))
    }

    /// The connections now.
    var counts: ClickHouseClient.ConnectionCounts {
        .init(inUse: state.count - state.idle.count, idle: state.idle.count, waiting: state.waiting.count)
    }

    /// Takes a connection that works: an idle one, or a new one, or the next that is given back.
    func acquire(until deadline: Deadline) async throws(ClickHouseError) -> ClickHouseConnection {
        let deadline = min(deadline, .after(configuration.acquireTimeout))
        while true {
            // A connection that is lent to somebody who has no time for it is soon a broken one.
            if Task.isCancelled { throw located(ClickHouseError(.cancelled, "cancelled")) }
            guard !deadline.hasPassed else {
                throw located(
                    ClickHouseError(.deadline, "the deadline passed before anything was asked", isRetriable: true))
            }
            perform(state.dropIdle { connection, _ in !connection.isUsable })
            let (answer, actions) = state.borrow(now: .now)
            switch answer {
            case .lend(let connection, let idleSince):
                perform(actions)
                if await answers(connection, idleSince: idleSince, until: deadline) { return connection }
                perform(state.giveBack(connection, isUsable: false, now: .now))
            case .wait(let waiter):
                return try await wait(as: waiter, until: deadline, after: actions)
            case .refuse(let error): throw located(error)
            }
        }
    }

    private func wait(
        as waiter: State.Waiter, until deadline: Deadline, after actions: [State.Action]
    ) async throws(ClickHouseError) -> ClickHouseConnection {
        let wait = Wait(on: loop, until: deadline)
        waits[waiter] = wait
        defer { waits[waiter] = nil }
        perform(actions)
        var cause: TransportError?
        if wait.answer == nil {
            do throws(TransportError) {
                try await wait.answered.wait(deadline: deadline)
            } catch {
                cause = error
            }
        }
        switch wait.answer {
        case .success(let connection)?:
            // Lent in the very moment in which it was cancelled: somebody else can use it.
            guard cause?.code == .cancelled else { return connection }
            release(connection)
            throw located(ClickHouseError(.cancelled, "cancelled"))
        case .failure(let error)?: throw located(error)
        case nil:
            let late = state.leave(waiter)
            if cause?.code == .deadline, let late { throw located(late) }
            throw located(cause.map { ClickHouseError($0) } ?? ClickHouseError(.closed, "the client was closed"))
        }
    }

    /// Whether a connection that was idle still works; where it was so for long, the server is asked.
    private func answers(
        _ connection: ClickHouseConnection, idleSince: Deadline, until deadline: Deadline
    ) async -> Bool {
        guard connection.isAtRest() else { return false }
        guard Deadline.now >= idleSince.advanced(by: configuration.idleCheck) else { return true }
        do throws(ClickHouseError) {
            try await connection.ping(deadline: min(deadline, .after(.seconds(2))))
            return true
        } catch {
            log.debug("idle connection had gone", metadata: [.endpoint: connection.endpoint, .error: error])
            // The others that have been idle for as long would each take as long to find out.
            if error.code != .cancelled { perform(state.dropIdle { _, since in since <= idleSince }) }
            return false
        }
    }

    /// Takes a connection back, and keeps it where it can be used again.
    func release(_ connection: ClickHouseConnection) {
        if let query = connection.unendedQuery { end(query, on: connection.endpoint) }
        perform(state.giveBack(connection, isUsable: connection.isForAnybody, now: .now))
    }

    /// Takes a connection back from somebody who may have left it in the middle of a result.
    func takeBack(_ connection: ClickHouseConnection) {
        guard connection.isInQuery, !connection.isBroken else { return release(connection) }
        let number = nextTask
        nextTask += 1
        // As below: the task is on the pool's loop, and nobody else has the connection any more.
        nonisolated(unsafe) let (pool, left) = (self, connection)
        leaving[number] = Task(executorPreference: loop) {
            await left.abandon()
            pool.release(left)
            pool.leaving[number] = nil
        }
    }

    /// Closes what is idle, and ends attempts to connect; what is in use is closed when it is given back.
    func close() async {
        perform(state.close())
        let attempts = Array(attempts.values)
        for attempt in attempts { attempt.cancel() }
        killing?.cancel()
        for task in attempts + Array(leaving.values) { await task.value }
        await killing?.value
    }

    /// Sees to it that a query ends, on the server that it runs on.
    private func end(_ query: String, on endpoint: Endpoint) {
        guard configuration.killsUnendedQueries, !state.isClosed else { return }
        unended.add(query, on: endpoint)
        guard killing == nil else { return }
        // On the pool's loop, as above.
        nonisolated(unsafe) let pool = self
        killing = Task(executorPreference: loop) {
            while !Task.isCancelled, !pool.unended.isEmpty {
                // Most end by themselves in a moment; cancellation ends the waiting, and the loop with it.
                try? await pool.loop.sleep(for: pool.configuration.drainTimeout)
                if Task.isCancelled { break }
                for (endpoint, statement) in pool.unended.take() { await pool.kill(statement, on: endpoint) }
            }
            pool.killing = nil
        }
    }

    private func kill(_ statement: String, on endpoint: Endpoint) async {
        let deadline = Deadline.after(.seconds(10))
        do throws(ClickHouseError) {
            // None of the pool's, which may all be in use: by queries that do not end.
            let connection = try await ClickHouseConnection.connect(
                to: endpoint, configuration, within: configuration.connect.connectTimeout, on: loop, deadline: deadline)
            defer { connection.close() }
            try await connection.execute(ClickHouseQuery(unescaped: statement, deadline: deadline))
        } catch {
            log.debug("queries could not be ended", metadata: [.endpoint: endpoint, .error: error])
        }
    }

    private func perform(_ actions: [State.Action]) {
        for action in actions {
            switch action {
            case .lend(let connection, let waiter): answer(waiter, .success(connection))
            case .fail(let waiter, let error): answer(waiter, .failure(error))
            case .connect: connect()
            case .close(let connection): connection.close()
            }
        }
    }

    private func answer(_ waiter: State.Waiter, _ answer: Result<ClickHouseConnection, ClickHouseError>) {
        waits[waiter]?.answer = answer
        waits[waiter]?.answered.signal()
    }

    /// Makes another connection. Not a child task of whoever asked for it: it goes on when that caller's time is up, for the
    /// others. It ends with the time to connect, and `close` ends it earlier.
    private func connect() {
        let number = nextTask
        nextTask += 1
        // The task runs on the pool's loop, where all of the pool is touched, so nothing is used by two at once.
        nonisolated(unsafe) let pool = self
        attempts[number] = Task(executorPreference: loop) {
            await pool.attempt()
            pool.attempts[number] = nil
        }
    }

    private func attempt() async {
        // Whoever has the least time left is to see the next server too.
        let patience = waits.values.map(\.deadline).min() ?? .after(configuration.acquireTimeout)
        let order = health.order(now: .now)
        var failure = ClickHouseError(.connect, "there is no server to connect to")
        for (place, index) in order.enumerated() {
            let time = EndpointHealth.time(
                left: order.count - place, patience: patience.remaining, limit: configuration.connect.connectTimeout)
            do throws(ClickHouseError) {
                let connection = try await ClickHouseConnection.connect(
                    to: configuration.endpoints[index], configuration, within: time, on: loop)
                health.succeeded(index)
                return perform(state.attemptSucceeded(connection, now: .now))
            } catch {
                log.debug("no connection", metadata: [.error: error])
                failure = error
                if error.code == .cancelled { break }
                health.failed(index, now: .now)
            }
        }
        perform(state.attemptFailed(failure, now: .now))
    }

    private func located(_ error: ClickHouseError) -> ClickHouseError {
        var error = error
        error.endpoint = error.endpoint ?? configuration.endpoints.first
        return error
    }
}
