internal import Bytes

/// How far a query has come since the last such packet. (ClickHouse: `ProgressValues` in src/IO/Progress.cpp.)
public struct Progress: Sendable, Hashable {
    /// Rows read.
    public var readRows: UInt64 = 0
    /// Bytes read, unpacked.
    public var readBytes: UInt64 = 0
    /// Rows that there are to read, where that is known.
    public var totalRows: UInt64 = 0
    /// Bytes that there are to read, where that is known.
    public var totalBytes: UInt64 = 0
    /// Rows written.
    public var writtenRows: UInt64 = 0
    /// Bytes written, unpacked.
    public var writtenBytes: UInt64 = 0
    /// How long the query has run on the server, in nanoseconds.
    public var elapsedNanoseconds: UInt64 = 0

    /// Makes one of zeros.
    public init() {}

    /// Adds another packet's numbers to these.
    public mutating func add(_ other: Progress) {
        readRows &+= other.readRows
        readBytes &+= other.readBytes
        totalRows &+= other.totalRows
        totalBytes &+= other.totalBytes
        writtenRows &+= other.writtenRows
        writtenBytes &+= other.writtenBytes
        elapsedNanoseconds &+= other.elapsedNanoseconds
    }

    static func read(_ reader: inout ByteReader, revision: Revision) throws(ClickHouseProtocolError) -> Progress? {
        var progress = Progress()
        guard let readRows = try reader.partialVarint("progress"), let readBytes = try reader.partialVarint("progress"),
            let totalRows = try reader.partialVarint("progress")
        else { return nil }
        (progress.readRows, progress.readBytes, progress.totalRows) = (readRows, readBytes, totalRows)
        if revision.has(.totalBytesInProgress) {
            guard let totalBytes = try reader.partialVarint("progress") else { return nil }
            progress.totalBytes = totalBytes
        }
        if revision.has(.writtenRowsInProgress) {
            guard let rows = try reader.partialVarint("progress"), let bytes = try reader.partialVarint("progress")
            else { return nil }
            (progress.writtenRows, progress.writtenBytes) = (rows, bytes)
        }
        if revision.has(.serverTimeInProgress) {
            guard let elapsed = try reader.partialVarint("progress") else { return nil }
            progress.elapsedNanoseconds = elapsed
        }
        return progress
    }
}

/// What a query's result came to. (ClickHouse: `ProfileInfo` in src/QueryPipeline/ProfileInfo.cpp.)
public struct ProfileInfo: Sendable, Hashable {
    /// Rows of the result.
    public var rows: UInt64 = 0
    /// Blocks of the result.
    public var blocks: UInt64 = 0
    /// Bytes of the result, unpacked.
    public var bytes: UInt64 = 0
    /// Whether a LIMIT took rows away.
    public var appliedLimit = false
    /// Rows that there would have been without the LIMIT, where `calculatedRowsBeforeLimit`.
    public var rowsBeforeLimit: UInt64 = 0
    /// Whether the rows before the LIMIT were counted.
    public var calculatedRowsBeforeLimit = false
    /// Whether the query aggregated.
    public var appliedAggregation = false
    /// Rows before the aggregation.
    public var rowsBeforeAggregation: UInt64 = 0

    /// Makes one of zeros.
    public init() {}

    static func read(
        _ reader: inout ByteReader, revision: Revision
    ) throws(ClickHouseProtocolError) -> ProfileInfo? {
        var info = ProfileInfo()
        guard let rows = try reader.partialVarint("profile info"),
            let blocks = try reader.partialVarint("profile info"),
            let bytes = try reader.partialVarint("profile info"), let appliedLimit = reader.partialByte(),
            let before = try reader.partialVarint("profile info"), let calculated = reader.partialByte()
        else { return nil }
        (info.rows, info.blocks, info.bytes, info.rowsBeforeLimit) = (rows, blocks, bytes, before)
        (info.appliedLimit, info.calculatedRowsBeforeLimit) = (appliedLimit != 0, calculated != 0)
        if revision.has(.rowsBeforeAggregation) {
            guard let applied = reader.partialByte(), let rows = try reader.partialVarint("profile info") else {
                return nil
            }
            (info.appliedAggregation, info.rowsBeforeAggregation) = (applied != 0, rows)
        }
        return info
    }
}
