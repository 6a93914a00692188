import CLinux
import Glibc
import Synchronization

/// The loops of a process: one for each core, unless told otherwise.
public final class EventLoopGroup: Sendable {
    /// The loops, in order.
    public let loops: [EventLoop]

    private let turn = Atomic<Int>(0)
    private let threads: Mutex<[Thread]>

    private struct Thread: Sendable { let handle: pthread_t }

    /// Starts `loops` threads with a loop each.
    public init(loops count: Int = EventLoopGroup.cores) throws(TransportError) {
        precondition(count > 0, "a group has at least one loop")
        var loops: [EventLoop] = []
        var threads: [Thread] = []
        func undo() {
            for loop in loops { loop.stop() }
            for thread in threads { pthread_detach(thread.handle) }
        }
        for index in 0..<count {
            do throws(TransportError) {
                let loop = try EventLoop(index: index)
                guard let thread = startThread("loop-\(index)", { loop.main() }) else {
                    // Its thread would have closed it.
                    close(loop.epoll)
                    throw TransportError(.system, "no thread for an event loop")
                }
                loops.append(loop)
                threads.append(Thread(handle: thread))
            } catch {
                undo()
                throw error
            }
        }
        self.loops = loops
        self.threads = Mutex(threads)
    }

    deinit {
        // Whoever forgot to shut the group down leaves no thread behind all the same.
        for loop in loops { loop.stop() }
        threads.withLock { threads in
            for thread in threads { pthread_detach(thread.handle) }
        }
    }

    /// How many cores this process may use.
    public static var cores: Int { max(Int(clinux_cores()), 1) }

    /// One loop after the other.
    public func next() -> EventLoop {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
    }

    /// Ends the loops: what is open on them is closed, waits end with `.closed`, jobs that are ready run. Returns when
    /// the threads have ended. To be called when what was started on the loops has ended or was told to.
    public func shutdown() async {
        for loop in loops { loop.stop() }
        let ended = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        await BlockingPool.run {
            for thread in ended { pthread_join(thread.handle, nil) }
        }
    }
}
