/// A few threads for what blocks: files, names, joins. Loops never block; they wait for these.
public enum BlockingPool {
    /// How many threads there are at most. Each is started when all the others are at work.
    public static let threads = 16

    /// Runs `body` on one of the pool's threads. Cancellation does not interrupt it.
    public static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withUnsafeContinuation { continuation in
            shared.submit { continuation.resume(returning: body()) }
        }
    }

    /// Runs `body` on one of the pool's threads. Cancellation does not interrupt it.
    public static func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let result = await run { () -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Asks for a name on one of a few threads of its own: names that nobody answers for must not keep files waiting.
    static func lookUp(_ body: @escaping @Sendable () -> Void) { names.submit(body) }

    private static let shared = Pool(mostThreads: threads)
    private static let names = Pool(mostThreads: 4)
}

private struct Pool: Sendable {
    private struct State {
        var queue: [@Sendable () -> Void] = []
        var first = 0
        var idle = 0
        var threads = 0

        var waiting: Int { queue.count - first }

        mutating func next() -> (@Sendable () -> Void)? {
            guard first < queue.count else { return nil }
            let body = queue[first]
            first += 1
            // All at once now and then: to move the rest up each time would cost more the longer the queue is.
            if first == queue.count || first == 1_024 {
                queue.removeFirst(first)
                first = 0
            }
            return body
        }
    }

    let mostThreads: Int
    private let state = Monitor(State())

    init(mostThreads: Int) { self.mostThreads = mostThreads }

    func submit(_ body: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.queue.append(body)
            guard state.waiting > state.idle, state.threads < mostThreads else { return false }
            state.threads += 1
            return true
        }
        guard mustStart else { return state.signal() }
        guard startThread("blocking", { work() }) == nil else { return }
        let isAlone = state.withLock { state in
            state.threads -= 1
            return state.threads == 0
        }
        // With no thread at all nobody would ever come.
        precondition(!isAlone, "the system gives no thread for blocking work")
    }

    private func work() {
        var isIdle = false
        while true {
            let body = state.wait { state in
                let body = state.next()
                if isIdle != (body == nil) {
                    isIdle = body == nil
                    state.idle += isIdle ? 1 : -1
                }
                return body
            }
            body()
        }
    }
}
