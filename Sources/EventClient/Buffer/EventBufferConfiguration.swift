/// How much a buffer holds, when it sends, and for how long it tries.
public struct EventBufferConfiguration: Sendable {
    /// How long an event may wait for others.
    public var interval = Duration.milliseconds(500)

    /// How many events it holds at most, those on their way included.
    public var maximumEvents = 10_000

    /// How many bytes of JSON it holds at most, those on their way included. The events themselves take about as much again.
    public var maximumBytes = 32 << 20

    /// How long `track` waits for room.
    public var roomTimeout = Duration.seconds(30)

    /// How long sending a batch is tried before its events are handed to `onFailure`.
    public var patience = Duration.seconds(600)

    /// The usual configuration.
    public init() {}
}
