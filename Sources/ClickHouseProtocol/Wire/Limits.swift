/// What a peer may make this side keep in memory. Every length on the wire is checked against these, or against the
/// bytes that have come, before memory is taken for it.
public struct Limits: Hashable, Sendable {
    /// The rows of one block, and the elements that one column of it may hold altogether in arrays or maps.
    public var rows = 1 << 28

    /// The bytes that one block's columns may take in memory.
    public var blockBytes = 1 << 30

    /// The columns of one block.
    public var columns = 65_536

    /// The bytes of a name, of a type, or of another text outside of blocks.
    public var textBytes = 1 << 24

    /// The bytes of one compressed frame, packed and unpacked. ClickHouse writes frames of up to about 1 MiB, or one
    /// value's size where a single value is larger.
    public var frameBytes = 1 << 30

    /// The exceptions inside one another.
    public var nestedExceptions = 64

    /// The limits that suit a client of trusted servers.
    public init() {}
}
