import Bytes
import Events
public import FoundationEssentials
import HTTP

extension EventClient {
    /// Creates an event; it is in Kafka when this returns, and can be read a moment later.
    ///
    /// - Returns: Its id.
    /// - Throws: `EventClientError`: `.validation` with the field that is wrong; where it is `.unavailable` or
    ///   `.rateLimited`, the same event may be sent again.
    @concurrent
    @discardableResult
    public func trackEvent(_ event: NewEvent) async throws(EventClientError) -> UUID {
        let body = try EventWriting.line(event)
        try await write(Call(.post, "/event", body: body, statuses: [202]), about: event.id)
        return event.id
    }

    /// Creates any number of events, in as few requests as it takes, in their order.
    ///
    /// - Returns: The ids, in the order of the events.
    /// - Throws: `EventClientError`, whose `batch` says what became of each: `.partlyRefused` where some are wrong and all
    ///   others accepted; another one where the API is away. To send those in `unsent` again is safe.
    @concurrent
    @discardableResult
    public func trackEvents(
        _ events: some Sequence<NewEvent> & Sendable
    ) async throws(EventClientError) -> [UUID] {
        try await onLoop { core async throws(EventClientError) in
            var tracking = BatchTracking(core.configuration)
            for event in events {
                if let items = tracking.add(event) { tracking.sent(await core.send(items)) }
            }
            if let items = tracking.finish() { tracking.sent(await core.send(items)) }
            return try tracking.ids()
        }
    }

    /// Changes an event. That there is none is not told: such an update changes nothing.
    ///
    /// - Throws: `EventClientError`: `.validation` with the field that is wrong, or where there is no change; where the
    ///   API is away and `isOutcomeUnknown` is true, the update may still come into effect.
    @concurrent
    public func updateEvent(_ id: UUID, _ changes: EventChanges) async throws(EventClientError) {
        var call = Call(.put, "/event/\(EventID(id))", body: try EventWriting.body(changes), statuses: [202])
        call.mayOvertake = true
        try await write(call, about: id)
    }

    /// Deletes an event for good: its id cannot be used again. That there is none is not told.
    ///
    /// - Throws: `EventClientError`.
    @concurrent
    public func deleteEvent(_ id: UUID) async throws(EventClientError) {
        try await write(Call(.delete, "/event/\(EventID(id))", statuses: [202]), about: id)
    }

    private struct Queued: Decodable {
        struct Body: Decodable { var id: UUID }
        var data: Body
    }

    private func write(_ call: Call, about id: UUID) async throws(EventClientError) {
        try await perform(call) { answer throws(EventClientError) in
            guard try answer.decode(Queued.self).data.id == id else {
                throw answer.damaged("it is about another event")
            }
        }
    }
}

/// The course of `trackEvents`, as a value.
struct BatchTracking {
    private var assembler: BatchAssembler
    private var result = BatchResult()
    private var stop: EventClientError?

    init(_ configuration: EventClientConfiguration) {
        assembler = BatchAssembler(
            maximumEvents: configuration.batchEvents, maximumBytes: configuration.batchBytes)
    }

    /// Adds an event; gives a batch that is to be sent now.
    mutating func add(_ event: NewEvent) -> [BatchItem]? {
        let index = result.ids.count
        result.ids.append(nil)
        guard stop == nil else {
            result.unsent.append(index)
            return nil
        }
        do throws(EventClientError) {
            return assembler.add(BatchItem(index: index, id: event.id, line: try EventWriting.line(event)))
        } catch {
            refuse(index, event.id, error)
            return nil
        }
    }

    /// The last batch.
    mutating func finish() -> [BatchItem]? {
        guard let items = assembler.finish() else { return nil }
        guard stop != nil else { return items }
        result.unsent += items.map(\.index)
        return nil
    }

    /// A batch was sent, as far as could be.
    mutating func sent(_ sending: BatchSending) {
        for item in sending.accepted { result.ids[item.index] = item.id }
        for failure in sending.failures {
            if failure.isRefusal {
                refuse(failure.item.index, failure.item.id, failure.error)
            } else {
                result.unsent.append(failure.item.index)
            }
        }
        if sending.wasSplit { assembler.shrink(below: sending.accepted.count + sending.failures.count) }
        stop = stop ?? sending.stop
    }

    private mutating func refuse(_ index: Int, _ id: UUID, _ error: EventClientError) {
        result.refusals.append(.init(index: index, id: id, field: error.field, message: error.message))
    }

    /// The ids, where all were accepted.
    func ids() throws(EventClientError) -> [UUID] {
        var result = result
        result.refusals.sort { $0.index < $1.index }
        result.unsent.sort()
        if var error = stop {
            error.batch = result
            throw error
        }
        if let first = result.refusals.first {
            var error = EventClientError(
                .partlyRefused,
                "\(result.refusals.count) of \(result.ids.count) events are refused; the first: \(first.message)",
                field: first.field)
            error.batch = result
            throw error
        }
        return result.ids.compactMap { $0 }
    }
}
