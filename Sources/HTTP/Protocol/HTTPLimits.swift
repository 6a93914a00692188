/// How much a peer may send before its message is refused.
public struct HTTPLimits: Sendable {
    /// The request line (or status line), in bytes: longer ones are refused with 414.
    public var line = 8_192

    /// All headers of a message together, in bytes: more are refused with 431. Trailers have as much for themselves.
    public var headerBytes = 32_768

    /// How many headers a message may have: more are refused with 431.
    public var headerCount = 100

    /// A body, in bytes: larger ones are refused with 413.
    public var body = 1_048_576

    /// The line that begins a chunk, extensions and all, in bytes: longer ones are refused with 400.
    public var chunkLine = 256

    /// The extensions of all of a body's chunks together, in bytes: more are refused with 400.
    public var chunkExtensions = 16_384

    /// The usual limits.
    public init() {}
}
