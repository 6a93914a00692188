public import Transport

/// A client of the event analytics API.
///
///     try await withEventClient(EventClientConfiguration("http://127.0.0.1:8080")) { client in
///         try await client.trackEvent(NewEvent(conversationID: "conversation-1", eventName: "event_a", latency: 120.5))
///     }
///
/// All calls may come from any task and any actor, at once. They are made again where that may help, until the
/// configuration's deadline; the ids are chosen here, so that nothing is created twice. A call whose task is cancelled
/// ends with `.cancelled`.
public final class EventClient: Sendable {
    let core: LoopBound<ClientCore>
    let configuration: EventClientConfiguration
    /// The client's own loop; nil where it was given one.
    private let group: EventLoopGroup?

    /// The loop that its connections live on.
    var loop: EventLoop { core.loop }

    /// Makes a client with a thread of its own; connections are made when they are needed.
    ///
    /// - Throws: `EventClientError` `.configuration`, with the setting that makes no sense; `.unavailable` where the system
    ///   has no thread left.
    public init(_ configuration: EventClientConfiguration) throws(EventClientError) {
        let group: EventLoopGroup
        do throws(TransportError) {
            group = try EventLoopGroup(loops: 1)
        } catch {
            throw EventClientError(.unavailable, "there is no thread for the client: \(error)")
        }
        self.group = group
        self.configuration = configuration
        let loop = group.next()
        core = LoopBound(try ClientCore(configuration, on: loop), on: loop)
    }

    /// Makes a client that shares a loop with others; connections are made when they are needed.
    ///
    /// - Throws: `EventClientError` `.configuration`, with the setting that makes no sense.
    public init(_ configuration: EventClientConfiguration, on loop: EventLoop) throws(EventClientError) {
        group = nil
        self.configuration = configuration
        core = LoopBound(try ClientCore(configuration, on: loop), on: loop)
    }

    /// Closes the connections. Calls that are under way, and later ones, fail with `.closed`.
    @concurrent
    public func close() async {
        // Only what the body throws is thrown, and it throws nothing.
        try? await loop.run { core.value.close() }
        await group?.shutdown()
    }

    /// Makes a call on the loop.
    @concurrent
    func perform<Value: Sendable>(
        _ call: Call, within limit: Duration? = nil, backoff: Backoff? = nil,
        read: @Sendable (Answer) throws(EventClientError) -> Value
    ) async throws(EventClientError) -> Value {
        try await onLoop { core async throws(EventClientError) in
            try await core.perform(call, within: limit, backoff: backoff, read: read)
        }
    }

    /// Does something on the loop.
    @concurrent
    func onLoop<Value: Sendable>(
        _ body: @Sendable (ClientCore) async throws(EventClientError) -> Value
    ) async throws(EventClientError) -> Value {
        do {
            return try await loop.run { try await body(core.value) }
        } catch let error as EventClientError {
            throw error
        } catch {
            throw EventClientError(.closed, "the client's loop has ended: \(error)")
        }
    }
}

/// Makes a client, hands it to `body`, and closes it.
///
/// - Throws: `EventClientError` `.configuration`, and what `body` throws.
public func withEventClient<Result>(
    _ configuration: EventClientConfiguration, _ body: (EventClient) async throws -> Result
) async throws -> Result {
    let client = try EventClient(configuration)
    do {
        let result = try await body(client)
        await client.close()
        return result
    } catch {
        await client.close()
        throw error
    }
}
