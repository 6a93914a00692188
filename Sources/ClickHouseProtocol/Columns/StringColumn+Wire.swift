internal import Bytes

/// Reads strings. From revision 54492 on all ends come first, 8 bytes each, and then all bytes; before, each string has
/// its length before it. (ClickHouse: src/DataTypes/Serializations/SerializationString.cpp.)
final class StringDecoder: ColumnDecoder {
    private enum State {
        case ends
        case bytes(missing: Int)
        case lengths
        case string(missing: Int)
        case done
    }

    private let hasEnds: Bool
    private var state = State.done
    private var ends = NumberRun<UInt64>()
    private var lengthEnds: [UInt64] = []
    private var count = 0
    private var writer = ByteWriter(capacity: 0)

    /// - Parameter hasEnds: whether the ends come first; dictionaries are written in the older way in every revision.
    init(_ context: DecodingContext, hasEnds: Bool) {
        self.hasEnds = hasEnds
        super.init(context)
    }

    override func begin(_ count: Int) throws(ClickHouseProtocolError) {
        self.count = count
        if hasEnds {
            try ends.begin(count, context)
            state = .ends
        } else {
            try context.claim(count, of: 8)
            state = .lengths
        }
    }

    override func readValues(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while true {
            switch state {
            case .ends:
                guard try ends.read(&reader) else { return false }
                let total = try checkedEnds(ends.values, "the ends of strings")
                guard total <= UInt64(context.limits.blockBytes) else {
                    throw ClickHouseProtocolError(
                        .limit, "strings of \(total) bytes, the limit is \(context.limits.blockBytes)")
                }
                try context.claim(Int(total), of: 1)
                state = .bytes(missing: Int(total))
            case .bytes(let missing):
                let left = missing - copy(missing, from: &reader)
                state = left == 0 ? .done : .bytes(missing: left)
                guard left == 0 else { return false }
            case .lengths:
                guard try readWholeStrings(&reader) else { return false }
            case .string(let missing):
                let left = missing - copy(missing, from: &reader)
                state = left == 0 ? .lengths : .string(missing: left)
                guard left == 0 else { return false }
                lengthEnds.append(UInt64(writer.count))
            case .done:
                return true
            }
        }
    }

    /// Copies up to `missing` bytes, as many as have come.
    private func copy(_ missing: Int, from reader: inout ByteReader) -> Int {
        let count = min(missing, reader.remaining)
        guard count > 0 else { return 0 }
        if writer.isEmpty, missing <= 1 << 20 { writer.reserve(missing) }
        writer.write(reader.rest.extracting(first: count))
        reader.move(to: reader.position + count)
        return count
    }

    /// Reads strings with their lengths; false where more bytes are needed.
    private func readWholeStrings(_ reader: inout ByteReader) throws(ClickHouseProtocolError) -> Bool {
        while lengthEnds.count < count {
            guard let length = try reader.partialCount("a string's length", limit: context.limits.blockBytes) else {
                return false
            }
            try context.claim(length, of: 1)
            guard length <= reader.remaining else {
                state = .string(missing: length)
                return true
            }
            writer.write(reader.rest.extracting(first: length))
            reader.move(to: reader.position + length)
            lengthEnds.append(UInt64(writer.count))
        }
        state = .done
        return true
    }

    override func finish() -> ColumnData {
        let ends = hasEnds ? self.ends.take() : lengthEnds
        lengthEnds = []
        return .string(StringColumn(bytes: writer.take(capacity: 0), ends: ends))
    }
}

extension StringColumn {
    /// - Parameter hasEnds: whether the ends come first, where the revision has it; some structures are written in the older
    ///   way in every revision.
    func encode(into writer: inout ByteWriter, revision: Revision, hasEnds: Bool = true) {
        if hasEnds, revision.has(.stringEnds) {
            writer.write(array: ends)
            writer.write(bytes)
        } else {
            writer.reserve(bytes.count + ends.count * 2)
            var start = 0
            for end in ends {
                let end = Int(truncatingIfNeeded: end)
                writer.writeVarint(UInt64(end - start))
                writer.write(bytes.span.extracting(start..<end))
                start = end
            }
        }
    }
}
