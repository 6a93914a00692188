public import Events

/// A process that runs, as it says itself.
public struct ProcessRow: Sendable {
    /// `api` or `consumer`.
    public var role: String
    /// The machine's name.
    public var host: String
    /// The program's version.
    public var version: String
    /// When it began.
    public var startedAt: Timestamp
    /// When it said so.
    public var seenAt: Timestamp
    /// How many operations it has accepted, or applied, in the last minute.
    public var perMinute: UInt64
    /// For how long the oldest operation has waited that it has not applied.
    public var lagSeconds: UInt64
}
