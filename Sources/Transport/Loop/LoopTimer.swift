/// Something that a loop does once at a time. It belongs to its loop, like all that is made there.
///
/// - Safety: `Sendable` though it holds changing state: everything in it is touched on the loop's thread alone, which
///   `EventLoop.schedule` and `cancel()` check.
public final class LoopTimer: @unchecked Sendable {
    unowned let loop: EventLoop
    let action: () -> Void

    /// Where it stands in the heap, or -1.
    fileprivate(set) var index = -1

    init(loop: EventLoop, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// Whether it waits to be run.
    var isScheduled: Bool { index >= 0 }

    /// Takes it back, where it has not run yet. On the loop only.
    public func cancel() {
        loop.preconditionCurrent()
        loop.timers.remove(self)
    }
}

/// Timers by time: a heap with four children a node, in which each timer knows its place, so that any can be removed.
struct TimerHeap {
    private struct Entry {
        var time: Int64
        var timer: LoopTimer
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    /// When the first is due, in monotonic nanoseconds.
    var first: Int64? { entries.first?.time }

    /// Lets go of memory that many timers needed once.
    mutating func shrink() { entries = EventLoop.fitting(entries) }

    var spareCapacity: Int { entries.capacity - entries.count }

    mutating func insert(_ timer: LoopTimer, at time: Int64) {
        precondition(timer.index < 0, "a timer is scheduled twice")
        entries.append(Entry(time: time, timer: timer))
        timer.index = entries.count - 1
        siftUp(entries.count - 1)
    }

    /// Takes the timer out, where it is in.
    mutating func remove(_ timer: LoopTimer) {
        let index = timer.index
        guard index >= 0 else { return }
        timer.index = -1
        let last = entries.removeLast()
        guard index < entries.count else { return }
        entries[index] = last
        last.timer.index = index
        siftUp(index)
        siftDown(last.timer.index)
    }

    /// Takes out the first timer, where it is due at `time`.
    mutating func popDue(at time: Int64) -> LoopTimer? {
        guard let first = entries.first, first.time <= time else { return nil }
        remove(first.timer)
        return first.timer
    }

    mutating func removeAll() {
        for entry in entries { entry.timer.index = -1 }
        entries.removeAll()
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        let entry = entries[index]
        while index > 0 {
            let parent = (index - 1) / 4
            guard entry.time < entries[parent].time else { break }
            place(entries[parent], at: index)
            index = parent
        }
        if index != start { place(entry, at: index) }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        let entry = entries[index]
        while true {
            let firstChild = index * 4 + 1
            guard firstChild < entries.count else { break }
            var child = firstChild
            for other in (firstChild + 1)..<max(min(firstChild + 4, entries.count), firstChild + 1)
            where entries[other].time < entries[child].time {
                child = other
            }
            guard entries[child].time < entry.time else { break }
            place(entries[child], at: index)
            index = child
        }
        if index != start { place(entry, at: index) }
    }

    private mutating func place(_ entry: Entry, at index: Int) {
        entries[index] = entry
        entry.timer.index = index
    }
}
