import CLinux
import Glibc
import Synchronization

/// One thread with what it watches: descriptors (epoll), timers, and the tasks that prefer it as their executor.
///
/// A connection lives on one loop, and so does the task that serves it; nothing on its hot path crosses threads. What
/// belongs to a loop is touched on its thread alone, and needs no locks.
///
/// A task comes to a loop by `run { }`, by `addTask(executorPreference: loop)` or by `Task(executorPreference: loop)`,
/// and its child tasks stay there. A plain `Task { }` does not.
///
/// - Safety: `Sendable` though it holds changing state. `inbox` is behind a mutex, `thread`, `wakePending` and the
///   figures are atomics; every other `var` is touched on the loop's thread alone: by `main`, and by functions that
///   check `isCurrent`. After `main` has ended, drain threads stand in for it, one at a time, ordered by the mutex.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Its place in its group.
    public let index: Int

    /// Work that came from other threads.
    struct Inbox {
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        var isDraining = false
        var state = State.running

        var isEmpty: Bool { jobs.isEmpty && closures.isEmpty }
    }

    enum State {
        case running
        case stopping
        case stopped
    }

    let epoll: Int32
    let wakeup: Int32
    let inbox = Monitor(Inbox())
    let wakePending = Atomic(false)
    /// The thread that is the loop's at the moment, or 0.
    let thread = Atomic<UInt>(0)
    let figures = LoopFigures()

    // The loop's thread alone touches what follows.
    var ready: [UnownedJob] = []
    var running: [UnownedJob] = []
    var closures: [@Sendable () -> Void] = []
    var timers = TimerHeap()
    /// The monotonic time in nanoseconds at which the current round began.
    var now = monotonicNanoseconds()
    var isStopping = false
    private var channels: [Channel?] = []
    private var waiting: [Unmanaged<WaitSlot>] = []

    init(index: Int) throws(TransportError) {
        self.index = index
        epoll = epoll_create1(Int32(O_CLOEXEC))
        guard epoll >= 0 else { throw .system("epoll_create1", errno) }
        wakeup = eventfd(0, Int32(O_CLOEXEC | O_NONBLOCK))
        guard wakeup >= 0 else {
            let number = errno
            close(epoll)
            throw .system("eventfd", number)
        }
        do {
            try watch(wakeup, EPOLLIN.rawValue | EPOLLET.rawValue)
        } catch {
            close(epoll)
            close(wakeup)
            throw error
        }
    }

    deinit {
        // Whoever wakes the loop holds it, so the descriptor is not closed under them.
        close(wakeup)
    }

    // MARK: Where am I

    /// The loop whose thread this is.
    public static var current: EventLoop? {
        guard let pointer = pthread_getspecific(CurrentLoop.key) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Whether this is the loop's thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Stops the program where this is not the loop's thread: what belongs to a loop was touched from elsewhere.
    public func preconditionCurrent() {
        precondition(isCurrent, "what belongs to an event loop was used outside of it")
    }

    /// When the loop's current round began: what `Deadline.now` was a moment ago, without asking. On the loop only.
    package var roundStart: Deadline { Deadline(nanoseconds: now) }

    // MARK: Work

    /// Takes over a task's job. The runtime calls this.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
        } else {
            submit { $0.jobs.append(job) }
        }
    }

    /// The executor as the runtime knows it.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Runs `job` on the loop soon, in the order of the calls from one thread. From any thread.
    public func execute(_ job: @escaping @Sendable () -> Void) {
        if isCurrent {
            closures.append(job)
        } else {
            submit { $0.closures.append(job) }
        }
    }

    /// Puts work into the inbox and wakes the loop where nobody has done so yet.
    private func submit(_ put: (inout Inbox) -> Void) {
        let mustDrain = inbox.withLock { inbox in
            put(&inbox)
            guard inbox.state == .stopped, !inbox.isDraining else { return false }
            inbox.isDraining = true
            return true
        }
        if mustDrain { return startDraining() }
        // The loop clears the flag before it looks into the inbox, so what was put there before the flag was seen set
        // is found. The first one to set it wakes.
        if !wakePending.exchange(true, ordering: .acquiringAndReleasing) {
            eventfd_write(wakeup, 1)
        }
    }

    /// Runs `action` at `deadline`, or soon after it. On the loop only; nothing comes of it when the loop stops first.
    @discardableResult
    public func schedule(at deadline: Deadline, _ action: @escaping () -> Void) -> LoopTimer {
        preconditionCurrent()
        let timer = LoopTimer(loop: self, action: action)
        if deadline != .never, !isStopping { timers.insert(timer, at: deadline.nanoseconds) }
        return timer
    }

    // MARK: Descriptors

    private func watch(_ descriptor: Int32, _ events: UInt32) throws(TransportError) {
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { throw .system("epoll_ctl", errno) }
    }

    /// Watches a channel's descriptor from now on.
    func register(_ channel: Channel) throws(TransportError) {
        preconditionCurrent()
        guard !isStopping else { throw TransportError(.closed, "the event loop has ended") }
        let all = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        try watch(channel.descriptor, all)
        let place = Int(channel.descriptor)
        while channels.count <= place { channels.append(nil) }
        channels[place] = channel
    }

    /// Forgets a channel; closing its descriptor ends the watch.
    func deregister(_ channel: Channel) {
        preconditionCurrent()
        let place = Int(channel.descriptor)
        if place < channels.count, channels[place] === channel { channels[place] = nil }
    }

    /// Handles one event of a batch.
    func dispatch(_ event: epoll_event) {
        let place = Int(event.data.fd)
        // The wake-up descriptor is none of them: it is edge-triggered, and needs no reading.
        guard place < channels.count, let channel = channels[place] else { return }
        channel.handle(event.events)
    }

    // MARK: Waits

    func add(_ slot: WaitSlot) {
        slot.index = waiting.count
        waiting.append(.passUnretained(slot))
    }

    func remove(_ slot: WaitSlot) {
        let index = slot.index
        slot.index = -1
        let last = waiting.removeLast()
        if index < waiting.count {
            waiting[index] = last
            last.takeUnretainedValue().index = index
        }
    }

    // MARK: Memory

    /// Lets go of what the loop's lists held when there was more to do. On the loop only.
    func shrink() {
        preconditionCurrent()
        while let last = channels.last, last == nil { channels.removeLast() }
        channels = Self.fitting(channels)
        waiting = Self.fitting(waiting)
        ready = Self.fitting(ready)
        // `running` is being gone through where a job calls this; it takes turns with `ready`.
        timers.shrink()
    }

    /// The list in memory of its own size, where it has much more.
    static func fitting<Element>(_ list: [Element]) -> [Element] {
        list.capacity > 256 + 4 * list.count ? list.map { $0 } : list
    }

    /// How many places are kept that nothing stands in, for tests.
    var spareCapacity: Int {
        max(waiting.capacity - waiting.count, timers.spareCapacity)
    }

    /// Closes what is watched and ends every wait, so that no task hangs on a loop that ends.
    func closeAll() {
        isStopping = true
        for channel in channels { channel?.close() }
        channels = []
        while let slot = waiting.last { slot.takeUnretainedValue().wake(.closed) }
        timers.removeAll()
    }
}

/// The thread-local place of the current loop.
enum CurrentLoop {
    static let key: pthread_key_t = {
        var key = pthread_key_t()
        let result = pthread_key_create(&key, nil)
        precondition(result == 0, "pthread_key_create: error \(result)")
        return key
    }()
}
