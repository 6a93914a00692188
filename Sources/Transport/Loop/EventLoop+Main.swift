import CLinux
import Glibc
import Synchronization

extension EventLoop {
    /// How many rounds of jobs run before events are looked for again.
    private static let roundsBetweenPolls = 16

    /// Events taken from the system at once.
    private static let batch = 256

    /// What the loop's thread does until the loop is stopped.
    func main() {
        becomeCurrent()
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.batch)
        defer { events.deallocate() }
        while true {
            let count = epoll_wait(epoll, events, Int32(Self.batch), timeout())
            now = monotonicNanoseconds()
            for index in 0..<max(Int(count), 0) { dispatch(events[index]) }
            fireTimers()
            if wakePending.exchange(false, ordering: .acquiringAndReleasing), takeInbox() == .stopping {
                closeAll()
            }
            runReady()
            if isStopping, ready.isEmpty, closures.isEmpty, ended() { break }
            figures.record(busy: monotonicNanoseconds() &- now)
        }
        close(epoll)
    }

    private func becomeCurrent() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        pthread_setspecific(CurrentLoop.key, Unmanaged.passUnretained(self).toOpaque())
    }

    private func resignCurrent() {
        pthread_setspecific(CurrentLoop.key, nil)
        thread.store(0, ordering: .relaxed)
    }

    /// How long to wait for events, in milliseconds; rounded up, so that a timer is due when it wakes the loop.
    private func timeout() -> Int32 {
        if !ready.isEmpty || !closures.isEmpty || isStopping { return 0 }
        guard let first = timers.first else { return -1 }
        let left = first &- monotonicNanoseconds()
        return left <= 0 ? 0 : Int32(clamping: (left &+ 999_999) / 1_000_000)
    }

    private func fireTimers() {
        // A timer that schedules itself again for a time that has passed waits for the next round.
        var left = timers.count
        while left > 0, let timer = timers.popDue(at: now) {
            timer.action()
            left -= 1
        }
    }

    /// Moves over what came from other threads.
    private func takeInbox() -> State {
        inbox.withLock { inbox in
            ready.append(contentsOf: inbox.jobs)
            closures.append(contentsOf: inbox.closures)
            inbox.jobs.removeAll(keepingCapacity: true)
            inbox.closures.removeAll(keepingCapacity: true)
            return inbox.state
        }
    }

    /// Runs what is ready, and what that makes ready, for some rounds.
    private func runReady() {
        let executor = asUnownedTaskExecutor()
        for _ in 0..<Self.roundsBetweenPolls {
            if !closures.isEmpty {
                let batch = closures
                closures = []
                for closure in batch { closure() }
            }
            if ready.isEmpty {
                if closures.isEmpty { return }
                continue
            }
            swap(&ready, &running)
            for job in running { job.runSynchronously(on: executor) }
            running.removeAll(keepingCapacity: true)
        }
    }

    // MARK: The end

    /// Asks the loop to end: everything on it is closed, and its thread returns when no job is left.
    func stop() {
        let wasRunning = inbox.withLock { inbox in
            guard inbox.state == .running else { return false }
            inbox.state = .stopping
            return true
        }
        if wasRunning, !wakePending.exchange(true, ordering: .acquiringAndReleasing) { eventfd_write(wakeup, 1) }
    }

    /// Whether nothing came in meanwhile; if so, what comes later is run by drain threads.
    private func ended() -> Bool {
        inbox.withLock { inbox in
            guard inbox.isEmpty else { return false }
            // Before anybody can see that it has stopped, and start a thread that takes this one's place.
            resignCurrent()
            inbox.state = .stopped
            return true
        }
    }

    /// A task may wait for something outside while its loop ends: a thread takes the loop's place for as long as such
    /// late jobs run, so that none is lost and what belongs to the loop is still touched by one thread at a time.
    func startDraining() {
        let result = startThread("loop-\(index)-drain") {
            self.becomeCurrent()
            var isDone = false
            while !isDone {
                _ = self.takeInbox()
                self.now = monotonicNanoseconds()
                self.runReady()
                guard self.ready.isEmpty, self.closures.isEmpty else { continue }
                isDone = self.inbox.withLock { inbox in
                    guard inbox.isEmpty else { return false }
                    self.resignCurrent()
                    inbox.isDraining = false
                    return true
                }
            }
        }
        // Without it, tasks that wait outside would never go on.
        guard let thread = result else {
            preconditionFailure("the system gives no thread for an event loop's last jobs")
        }
        pthread_detach(thread)
    }
}

/// Starts a thread; nil where the system gives none.
@discardableResult
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t? {
    let context = Unmanaged.passRetained(ThreadBody(name: name, body: body))
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            let start = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
            clinux_name_thread(String(start.name.prefix(15)))
            start.body()
            return nil
        }, context.toOpaque())
    guard result == 0 else {
        context.release()
        return nil
    }
    return thread
}

private final class ThreadBody: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
