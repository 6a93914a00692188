import Bytes
public import FoundationEssentials
import Transport

/// Takes events at once and sends them in batches, by size and by time, from one task: `run()`.
///
///     try await withEventBuffer(of: client, onFailure: { failures in … }) { buffer in
///         try await buffer.track(NewEvent(conversationID: "conversation-1", eventName: "event_a"))
///     }
///
/// It is bounded: `track` waits while there is no room. Nothing is lost silently: what could not be sent is handed to
/// `onFailure` with the reason, and what is left is sent when the buffer is closed. What was not sent when the process ends
/// otherwise is gone. In a group of services `run()` is the service, and `close()` its graceful shutdown. All calls may come
/// from any task and any actor.
public final class EventBuffer: Sendable {
    /// An event that could not be sent. Its id stays, so that sending it again is safe.
    public struct Failure: Sendable, Hashable {
        /// The event.
        public var event: NewEvent
        /// Why: `.validation` and `.tooLarge` where the API refused it, and would again.
        public var error: EventClientError
    }

    private let core: LoopBound<BufferCore>
    private let client: EventClient
    private let onFailure: @Sendable ([Failure]) async -> Void

    /// Makes a buffer; nothing is sent before `run()` is called.
    ///
    /// - Parameters:
    ///   - client: Sends. It must outlive the buffer's work: close it afterwards.
    ///   - configuration: How much is held, and when it is sent.
    ///   - onFailure: Gets what could not be sent. While it works nothing else is sent.
    /// - Throws: `EventClientError` `.configuration`, with the setting that makes no sense.
    public init(
        of client: EventClient, configuration: EventBufferConfiguration = EventBufferConfiguration(),
        onFailure: @escaping @Sendable ([Failure]) async -> Void
    ) throws(EventClientError) {
        func positive(_ name: String, _ isPositive: Bool) throws(EventClientError) {
            if !isPositive { throw EventClientError(.configuration, "\(name) must be above 0", field: name) }
        }
        try positive("maximumEvents", configuration.maximumEvents > 0)
        try positive("maximumBytes", configuration.maximumBytes > 0)
        try positive("patience", configuration.patience > .zero)
        core = LoopBound(BufferCore(configuration, client), on: client.loop)
        self.client = client
        self.onFailure = onFailure
    }

    /// Sends until `close()`, or until its task is cancelled: then what is left is handed to `onFailure`. To be called once.
    ///
    /// - Throws: `EventClientError` `.closed` where it was called before, or the buffer is closed.
    @concurrent
    public func run() async throws(EventClientError) {
        try await onLoop { core throws(EventClientError) in try core.begin() }
        while true {
            // Handed over outside of the loop, which has others to serve.
            let failures = try await onLoop { core throws(EventClientError) in await core.step() }
            guard let failures else { break }
            await onFailure(failures)
            try await onLoop { core throws(EventClientError) in core.settle() }
        }
        try await onLoop { core throws(EventClientError) in core.end() }
    }

    /// Takes an event, once there is room. When it happened is now, unless it says so itself.
    ///
    /// - Returns: Its id.
    /// - Throws: `EventClientError`: `.validation` with the field that is wrong; `.bufferFull` where there was no room in
    ///   time; `.tooLarge`, `.closed`, `.cancelled`. The event was not taken then.
    @concurrent
    @discardableResult
    public func track(_ event: NewEvent) async throws(EventClientError) -> UUID {
        var event = event
        if event.createdAt == nil { event.createdAt = Date() }
        let taken = event
        let line = try EventWriting.line(taken)
        try await onLoop { core async throws(EventClientError) in try await core.take(taken, line) }
        return taken.id
    }

    /// Waits until all that was taken before is sent, or handed to `onFailure`.
    ///
    /// - Throws: `EventClientError`: `.unavailable` where it takes longer, `.cancelled`; the events go on.
    @concurrent
    public func flush(within limit: Duration = .seconds(60)) async throws(EventClientError) {
        let deadline = Deadline.after(limit)
        try await onLoop { core async throws(EventClientError) in try await core.flush(until: deadline) }
    }

    /// Takes nothing more, sends what is left, and ends `run()`. What is not sent in time, or when this call's task is
    /// cancelled, is handed to `onFailure`.
    @concurrent
    public func close(within limit: Duration = .seconds(30)) async {
        let deadline = Deadline.after(limit)
        // The loop's end is all that can be thrown.
        let left = try? await onLoop { core throws(EventClientError) -> [Failure]? in
            core.close(until: deadline)
            if core.isRunning {
                if await core.waitForEnd() { return nil }
                core.cut()
                return nil
            }
            // Nobody will send it.
            let left = core.abandon()
            if left == nil { core.end() }
            return left
        }
        if let left {
            await onFailure(left)
            try? await onLoop { core throws(EventClientError) in
                core.settle()
                core.end()
            }
        }
    }

    /// How many events it holds.
    public var count: Int {
        get async { await held() }
    }

    @concurrent
    private func held() async -> Int { (try? await onLoop { core throws(EventClientError) in core.count }) ?? 0 }

    private func onLoop<Value: Sendable>(
        _ body: @Sendable (BufferCore) async throws(EventClientError) -> Value
    ) async throws(EventClientError) -> Value {
        let core = core
        return try await client.onLoop { _ async throws(EventClientError) in try await body(core.value) }
    }
}

/// Makes a buffer, runs it beside `body`, and closes it: when this returns, all is sent, or was handed to `onFailure`.
///
/// - Parameters:
///   - client: Sends.
///   - configuration: How much is held, and when it is sent.
///   - closingWithin: How long what is left at the end may take to be sent.
///   - onFailure: Gets what could not be sent.
/// - Throws: `EventClientError` `.configuration`, and what `body` throws.
public func withEventBuffer<Result>(
    of client: EventClient, configuration: EventBufferConfiguration = EventBufferConfiguration(),
    closingWithin limit: Duration = .seconds(30),
    onFailure: @escaping @Sendable ([EventBuffer.Failure]) async -> Void,
    _ body: (EventBuffer) async throws -> Result
) async throws -> Result {
    let buffer = try EventBuffer(of: client, configuration: configuration, onFailure: onFailure)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await buffer.run() }
        do {
            let result = try await body(buffer)
            await buffer.close(within: limit)
            try await tasks.waitForAll()
            return result
        } catch {
            await buffer.close(within: limit)
            throw error
        }
    }
}
