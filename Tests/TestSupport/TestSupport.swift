public import Bytes
import Glibc
import Synchronization
public import Transport

/// Runs `body` with loops of its own, and shuts them down.
public func withLoops<Result>(
    _ count: Int = 2, _ body: (EventLoopGroup) async throws -> Result
) async throws -> Result {
    let group = try EventLoopGroup(loops: count)
    do {
        let result = try await body(group)
        await group.shutdown()
        return result
    } catch {
        await group.shutdown()
        throw error
    }
}

/// Runs a server on a free port, and `body` on a loop of the same group; stops the server afterwards, and waits until
/// its handlers have ended.
public func withServer(
    at endpoint: Endpoint = .tcp(host: "127.0.0.1", port: 0), options: ListenOptions = .init(), loops: Int = 2,
    _ handler: @escaping @Sendable (ByteStream) async -> Void,
    _ body: @escaping @Sendable (Listener, EventLoop) async throws -> Void
) async throws {
    try await withLoops(loops) { group in
        let listener = try Listener.bind(to: endpoint, options: options, on: group)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await listener.run(handler) }
            let loop = group.loops[0]
            do {
                try await loop.run { try await body(listener, loop) }
            } catch {
                tasks.cancelAll()
                throw error
            }
            listener.stop()
            try await tasks.waitForAll()
        }
    }
}

/// Waits until `condition` holds; fails after ten seconds.
public func until(
    _ what: String = "the condition", within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws {
    let deadline = Deadline.after(limit)
    while try await !condition() {
        if deadline.hasPassed { throw TestFailure("\(what) did not come true within \(limit)") }
        await BlockingPool.run { _ = usleep(1_000) }
    }
}

/// What went wrong in a test's helper.
public struct TestFailure: Error, CustomStringConvertible {
    /// What it was.
    public let description: String

    /// A failure.
    public init(_ description: String) { self.description = description }
}

/// Bytes that tell where they stand, so that what is lost, doubled or moved is seen.
public func pattern(_ count: Int, from start: Int = 0) -> ByteSlice {
    ByteSlice((start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
}

/// A path in the temporary folder that nobody else uses.
public func temporaryPath(_ suffix: String = "") -> String {
    let number = UInt64.random(in: 0 ... .max)
    return "/tmp/event-analytics-\(getpid())-\(String(number, radix: 36))\(suffix)"
}

/// A gate that tasks wait at until it is opened, once.
public final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Makes a closed gate.
    public init() {}

    /// Lets all through, now and later.
    public func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until the gate is open.
    public func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
