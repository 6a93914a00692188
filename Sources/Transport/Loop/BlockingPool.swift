import Glibc
import Synchronization

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

    /// Runs `body` on one of the pool's threads, some time.
    static func submit(_ body: @escaping @Sendable () -> Void) { shared.submit(body) }

    private static let shared = Pool()
}

/// - Safety: `Sendable` though it holds changing state: `queue`, `idle` and `count` are touched with `lock` held alone.
private final class Pool: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: [@Sendable () -> Void] = []
    private var first = 0
    private var idle = 0
    private var count = 0

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(filled, nil)
    }

    func submit(_ body: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(lock)
        queue.append(body)
        let mustStart = queue.count - first > idle && count < BlockingPool.threads
        if mustStart { count += 1 } else { pthread_cond_signal(filled) }
        pthread_mutex_unlock(lock)
        guard mustStart else { return }
        if startThread("blocking", { self.work() }) == nil {
            pthread_mutex_lock(lock)
            count -= 1
            // With no thread at all nobody would ever come.
            let isAlone = count == 0
            pthread_mutex_unlock(lock)
            precondition(!isAlone, "the system gives no thread for blocking work")
        }
    }

    private func work() {
        while true {
            pthread_mutex_lock(lock)
            while first == queue.count {
                idle += 1
                pthread_cond_wait(filled, lock)
                idle -= 1
            }
            let body = queue[first]
            first += 1
            if first == queue.count {
                queue.removeAll(keepingCapacity: true)
                first = 0
            }
            pthread_mutex_unlock(lock)
            body()
        }
    }
}
