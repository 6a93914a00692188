public import ClickHouseProtocol

/// Makes blocks of rows: a column's memory for each of a table's columns, filled row by row.
struct RowBlockBuilder {
    private let sample: Block
    private let fields: FieldsWriter

    /// - Parameter sample: the columns that the table asks for.
    init(sample: Block) throws(ClickHouseError) {
        self.sample = sample
        fields = try FieldsWriter(sample)
    }

    /// How many rows there are.
    var rowCount: Int { fields.count }

    /// About how many bytes they take.
    var byteCount: Int { fields.byteCount }

    /// Takes a row: a structure, or a value where there is a single column.
    ///
    /// - Throws: `.mismatch`; the rows so far are of no more use then.
    func append<Row: Encodable>(_ row: Row) throws(ClickHouseError) {
        do {
            let before = fields.count
            try row.encode(to: RowEncoder(fields: fields))
            try fields.settle()
            guard fields.count == before + 1 else {
                throw ClickHouseError(.mismatch, "\(Row.self) is no row: it writes \(fields.count - before) of them")
            }
        } catch let error as ClickHouseError {
            throw error
        } catch {
            throw ClickHouseError(.mismatch, "\(error)")
        }
    }

    /// The rows so far; the builder starts anew.
    func take() throws(ClickHouseError) -> Block {
        do {
            return try Block(
                zip(sample.columns, fields.takeColumns()).map { Column(name: $0.name, type: $0.type, data: $1) })
        } catch {
            throw (error as? ClickHouseError) ?? ClickHouseError(.mismatch, "\(error)")
        }
    }
}

/// Hands a row over to its columns.
private struct RowEncoder: Encoder {
    let fields: FieldsWriter

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        fields.beginFields()
        return KeyedEncodingContainer(FieldsEncoder(target: fields))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        ValueEncoder(writer: fields).unkeyedContainer()
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        guard let only = fields.only else { return ValueEncoder(writer: fields).singleValueContainer() }
        fields.beginElements()
        return ValueEncoder(writer: only).singleValueContainer()
    }
}

extension Block {
    /// The block of rows, each property in the column of its name, of the types that the columns of `sample` have.
    ///
    /// Whole numbers suit columns of whole numbers that hold them, decimals and times (as their count of ticks); texts suit
    /// String, FixedString of just so many bytes, enums, UUID, IP addresses, and decimals; `[UInt8]` and `Data` suit String
    /// and FixedString; optionals suit Nullable, arrays Array, dictionaries Map, structures Tuple by name, and arrays Tuple by
    /// place. Foundation's `Date` suits days and times of which it is a whole number, `Decimal` decimals and numbers, `UUID`
    /// and `URL` what their texts suit. What cannot be represented exactly is refused.
    ///
    /// - Throws: `ClickHouseError` `.mismatch`, naming the column, its type and the value.
    public init<Row: Encodable>(rows: some Sequence<Row>, like sample: Block) throws(ClickHouseError) {
        let builder = try RowBlockBuilder(sample: sample)
        for row in rows { try builder.append(row) }
        self = try builder.take()
    }
}
