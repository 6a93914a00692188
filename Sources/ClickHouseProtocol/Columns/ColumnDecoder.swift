internal import Bytes

/// What the decoders of one block's columns share.
final class DecodingContext {
    let revision: Revision
    let limits: Limits
    private var bytesLeft: Int

    init(revision: Revision, limits: Limits) {
        self.revision = revision
        self.limits = limits
        bytesLeft = limits.blockBytes
    }

    private var depth = 0

    /// Goes into a column whose type stands among its own bytes: such columns may hold one another, and not without end.
    func enter() throws(ClickHouseProtocolError) {
        depth += 1
        guard depth <= 16 else { throw ClickHouseProtocolError(.limit, "Dynamic columns within one another") }
    }

    /// Comes out again.
    func leave() { depth -= 1 }

    /// Counts memory that the block's columns are about to take, before any of it is taken.
    func claim(_ count: Int, of width: Int) throws(ClickHouseProtocolError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, bytes <= bytesLeft else {
            throw ClickHouseProtocolError(
                .limit, "a block takes more than \(limits.blockBytes) bytes: ask for fewer rows a block")
        }
        bytesLeft -= bytes
    }

    /// Checks a count of rows or elements that came over the wire.
    func checked(_ count: UInt64, _ what: StaticString) throws(ClickHouseProtocolError) -> Int {
        guard count <= UInt64(limits.rows) else {
            throw ClickHouseProtocolError(.limit, "\(what) is \(count), the limit is \(limits.rows)")
        }
        return Int(count)
    }
}

/// Reads one column's values from bytes that come piece by piece, and goes on where it stopped.
///
/// Each kind of column has its own; one that holds other columns drives theirs. The order on the wire is: all prefixes,
/// from the outside to the inside, then all values. (ClickHouse: src/DataTypes/Serializations.)
class ColumnDecoder {
    let context: DecodingContext

    init(_ context: DecodingContext) { self.context = context }

    /// Reads what stands before all values; false where more bytes are needed.
    func readPrefix(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool { true }

    /// Tells how many values there will be; comes after the prefix, and before the values.
    func begin(_ count: Int) throws(ClickHouseProtocolError) {}

    /// Reads as many values as have come; false where more bytes are needed.
    func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool { true }

    /// Hands the values over, once all were read.
    func finish() throws(ClickHouseProtocolError) -> ColumnData { .nothing(count: 0) }
}

extension ColumnType {
    /// Makes the decoder of values that are written in the type's own way.
    func decoder(_ context: DecodingContext) throws(ClickHouseProtocolError) -> ColumnDecoder {
        let type = withoutAliases
        for family in TypeRegistry.families {
            if let decoder = try family.decoder(of: type, context) { return decoder }
        }
        throw ClickHouseProtocolError(.unsupportedType, "this client does not read the type \(name)")
    }
}

extension [ColumnType] {
    /// Makes the decoders of several columns.
    func decoders(_ context: DecodingContext) throws(ClickHouseProtocolError) -> [ColumnDecoder] {
        var decoders: [ColumnDecoder] = []
        for type in self { decoders.append(try type.decoder(context)) }
        return decoders
    }
}
