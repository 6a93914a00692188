public import Bytes
public import Events
import Transport

/// Reads single events: all that are wanted at one moment in one query, as a producer sends records in batches.
///
/// It belongs to its store's loop. `run()` sends the queries, and must run while events are read.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone.
public final class EventReads: @unchecked Sendable {
    private let store: EventStore
    private let places: StoredPlaceCache
    private var queue: ReadQueue<EventRead>
    /// Signals that somebody waits, or that a query has ended.
    private let change: LoopSignal
    private var isEnded = false

    /// Makes the reader of a store.
    ///
    /// - Parameter places: What is known of events' places; the loops of a process share it.
    public convenience init(_ store: EventStore, places: StoredPlaceCache) {
        self.init(store, places: places, limits: ReadQueue<EventRead>.Limits())
    }

    init(_ store: EventStore, places: StoredPlaceCache, limits: ReadQueue<EventRead>.Limits) {
        self.store = store
        self.places = places
        queue = ReadQueue(limits)
        change = LoopSignal(on: store.loop)
    }

    /// An event as JSON; nil where there is none, or it was deleted.
    ///
    /// - Throws: `EventStoreError`: `.timeout` where it took longer than reads may; `.cancelled`.
    public func event(_ id: EventID) async throws(EventStoreError) -> ByteSlice? {
        if store.loop.isCurrent { return try await read(id) }
        return try await store.asking { try await store.loop.run { try await self.read(id) } }
    }

    private func read(_ id: EventID) async throws(EventStoreError) -> ByteSlice? {
        if isEnded { throw Self.ended }
        let read = EventRead(on: store.loop)
        queue.want(id, read)
        change.signal()
        do throws(TransportError) {
            try await read.done.wait(deadline: .after(store.configuration.readTimeout))
        } catch {
            queue.leave(id, read)
            if read.result == nil {
                switch error.code {
                case .deadline: throw EventStoreError(.timeout, "ClickHouse did not answer in time")
                default: throw EventStoreError(.cancelled, "cancelled")
                }
            }
        }
        guard let result = read.result else { throw Self.ended }
        return try result.get()
    }

    private static var ended: EventStoreError { EventStoreError(.unavailable, "the store is being closed") }

    /// Sends queries until the task is cancelled; those who wait then are told that the store is being closed.
    @concurrent
    public func run() async {
        // The loop's end is all that can be thrown.
        try? await store.loop.run { await self.work() }
    }

    private func work() async {
        await withDiscardingTaskGroup { tasks in
            working: while true {
                while let group = queue.next(at: .now) { tasks.addTask { await self.perform(group) } }
                do throws(TransportError) {
                    try await change.wait(deadline: queue.nextDeadline)
                } catch {
                    guard error.code == .deadline else { break working }
                }
            }
            tasks.cancelAll()
        }
        isEnded = true
        for read in queue.removeAll() { read.finish(.failure(Self.ended)) }
    }

    private func perform(_ group: ReadQueue<EventRead>.Group) async {
        defer { change.signal() }
        do throws(EventStoreError) {
            let found = try await store.find(group.ids, places)
            for (id, reads) in queue.finish(group, at: .now) {
                for read in reads { read.finish(.success(found[id])) }
            }
        } catch {
            // Rows that are too large together need not be so one by one.
            if error.code == .tooExpensive, queue.divide(group) { return }
            for (_, reads) in queue.finish(group, at: .now) {
                for read in reads { read.finish(.failure(error)) }
            }
        }
    }
}

/// One reader of one event. Belongs to the store's loop.
final class EventRead {
    let done: LoopSignal
    private(set) var result: Result<ByteSlice?, EventStoreError>?

    init(on loop: EventLoop) { done = LoopSignal(on: loop) }

    func finish(_ result: Result<ByteSlice?, EventStoreError>) {
        self.result = result
        done.signal()
    }
}
