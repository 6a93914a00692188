/// The place of the message that made a row, and so its age: the topic's epoch in 16 bits, then the offset in 48.
public struct EventVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The value in ClickHouse's `version` column.
    public let rawValue: UInt64

    /// Takes a column's value.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Makes the version of the message at `offset`; nil where the offset does not fit.
    @inlinable
    public init?(epoch: UInt16, offset: Int64) {
        guard offset >= 0, offset < 1 << 48 else { return nil }
        rawValue = UInt64(epoch) << 48 | UInt64(offset)
    }

    /// The topic's epoch.
    public var epoch: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 48) }

    /// The message's offset in its partition.
    public var offset: Int64 { Int64(rawValue & 0xffff_ffff_ffff) }

    /// Whether the left version is older than the right one.
    @inlinable
    public static func < (left: EventVersion, right: EventVersion) -> Bool { left.rawValue < right.rawValue }

    /// The epoch and the offset.
    public var description: String { "\(epoch)/\(offset)" }
}
