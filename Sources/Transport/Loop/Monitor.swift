import Glibc

/// A value behind a mutex, and a place to wait until it has changed: how threads hand work to each other.
///
/// Over the system's mutex rather than the standard library's: that one locks inside a library which the thread sanitizer
/// does not look into, and everything that was handed over would seem to be touched by two threads at once.
///
/// - Safety: `Sendable` though it holds changing state: `value` is touched with `mutex` held alone.
final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Calls `body` with the value, which nobody else has meanwhile.
    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Waits until `take` gives something; it is asked again after each `signal()`.
    func wait<Result>(_ take: (inout Value) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = take(&value) { return result }
            pthread_cond_wait(changed, mutex)
        }
    }

    /// Lets one of those who wait look again.
    func signal() { pthread_cond_signal(changed) }
}
