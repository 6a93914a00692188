internal import Bytes

/// Values as a column of another type takes them: the type to send them as, and the values.
struct FittedValues {
    var type: ColumnType
    var data: ColumnData
}

extension ColumnData {
    /// These values as a column of the type takes them: the same values, without loss; nil where it takes none such. Plain
    /// ones suit columns of Nullable and LowCardinality (the server itself brings them into a dictionary), and those of a
    /// dictionary suit columns that have none. What may be `NULL` suits only a column that may be, whether there is a
    /// `NULL` or not: what is refused depends on types alone, never on the rows.
    func fitted(to type: ColumnType) -> FittedValues? {
        switch (self, type.withoutAliases) {
        case (.lowCardinality(let column), .lowCardinality(let inner)): return column.fitted(to: inner)
        case (.lowCardinality(let column), _): return column.plain.fitted(to: type)
        case (_, .lowCardinality(let inner)): return fitted(to: inner)
        case (.nullable(let column), .nullable(let inner)):
            return column.values.fitted(to: inner).map { values in
                FittedValues(
                    type: .nullable(values.type),
                    data: .nullable(NullableColumn(nulls: column.nulls, values: values.data)))
            }
        case (.nullable, _): return nil
        case (_, .nullable(let inner)):
            return fitted(to: inner).map { FittedValues(type: .nullable($0.type), data: $0.data) }
        case (.array(let column), .array(let inner)):
            return column.values.fitted(to: inner).map {
                FittedValues(type: .array($0.type), data: column.with($0.data))
            }
        case (.array(let column), .map(let key, let value)):
            guard let pairs = column.values.fitted(to: .tuple([.init(type: key), .init(type: value)])),
                case .tuple(let pair) = pairs.type, pair.count == 2
            else { return nil }
            return FittedValues(type: .map(key: pair[0].type, value: pair[1].type), data: column.with(pairs.data))
        case (.array(let column), .nested(let elements)):
            guard let rows = column.values.fitted(to: .tuple(elements)), case .tuple(let elements) = rows.type else {
                return nil
            }
            return FittedValues(type: .nested(elements), data: column.with(rows.data))
        case (.tuple(let column), .tuple(let elements)) where column.elements.count == elements.count:
            var types: [ColumnType.TupleElement] = []
            var columns: [ColumnData] = []
            for (data, element) in zip(column.elements, elements) {
                guard let values = data.fitted(to: element.type) else { return nil }
                types.append(.init(name: element.name, type: values.type))
                columns.append(values.data)
            }
            return FittedValues(type: .tuple(types), data: .tuple(TupleColumn(columns)))
        case (.variant(let column), .variant(let types)) where column.variants.count == types.count:
            var columns: [ColumnData] = []
            for (data, type) in zip(column.variants, types) {
                // The order of the types is that of the values: what is sent as another type would have another place.
                guard let values = data.fitted(to: type), values.data.suits(type) else { return nil }
                columns.append(values.data)
            }
            return FittedValues(type: type, data: .variant(VariantColumn(kinds: column.kinds, variants: columns)))
        default: return suits(type) ? FittedValues(type: type, data: self) : nil
        }
    }

    /// Whether these values are written as the type's are.
    fileprivate func suits(_ type: ColumnType) -> Bool {
        var writer = ByteWriter(capacity: 0)
        do {
            // Values without rows are of a type or not just as values with rows are; none are written.
            try withoutRows.encodeValues(as: type, into: &writer, revision: .newest)
            return true
        } catch {
            return false
        }
    }
}

extension ArrayColumn {
    fileprivate func with(_ values: ColumnData) -> ColumnData { .array(ArrayColumn(ends: ends, values: values)) }
}

extension LowCardinalityColumn {
    /// - Parameter inner: the type inside of LowCardinality.
    fileprivate func fitted(to inner: ColumnType) -> FittedValues? {
        if case .nullable(let value) = inner {
            guard dictionary.suits(value) else { return nil }
            return FittedValues(
                type: .lowCardinality(inner), data: .lowCardinality(isNullable ? self : withPlaceForNull))
        }
        guard !isNullable, dictionary.suits(inner) else { return nil }
        return FittedValues(type: .lowCardinality(inner), data: .lowCardinality(self))
    }

    /// The same values with a dictionary whose first place stands for `NULL`.
    private var withPlaceForNull: LowCardinalityColumn {
        let places = [ColumnData.defaultRow] + (0..<UInt32(clamping: dictionary.count))
        return LowCardinalityColumn(
            unchecked: dictionary.gathering(places), indexes: indexes.map { $0 &+ 1 }, isNullable: true)
    }

    /// The same values, each in its place.
    fileprivate var plain: ColumnData {
        let values = dictionary.gathering(indexes)
        guard isNullable else { return values }
        return .nullable(NullableColumn(nulls: indexes.map { $0 == 0 ? 1 : 0 }, values: values))
    }
}

extension ColumnType {
    /// Whether values that were declared to be of this type mean the same in a column of the other one, as far as both
    /// keep them as the same kind of numbers. A plain number means whatever the column takes it for; a time, a decimal or
    /// an enum means what its unit, scale or names say.
    func means(_ wanted: ColumnType) -> Bool {
        switch (withoutAliases, wanted.withoutAliases) {
        case (.nullable(let mine), let other): mine.means(other)
        case (.lowCardinality(let mine), let other): mine.means(other)
        case (let mine, .nullable(let other)): mine.means(other)
        case (let mine, .lowCardinality(let other)): mine.means(other)
        case (.array(let mine), .array(let other)): mine.means(other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            key.means(otherKey) && value.means(otherValue)
        case (.tuple(let mine), .tuple(let other)), (.nested(let mine), .nested(let other)):
            zip(mine, other).allSatisfy { $0.type.means($1.type) }
        case (.dateTime64(let mine, _), .dateTime64(let other, _)): mine == other
        case (.time64(let mine), .time64(let other)): mine == other
        case (.dateTime64, .time64), (.dateTime64, .interval), (.dateTime64, .decimal): false
        case (.time64, .dateTime64), (.time64, .interval), (.time64, .decimal): false
        case (.interval(let mine), .interval(let other)): mine == other
        case (.interval, .dateTime64), (.interval, .time64), (.interval, .decimal): false
        case (.decimal(_, let mine), .decimal(_, let other)): mine == other
        case (.decimal, .dateTime64), (.decimal, .time64), (.decimal, .interval): false
        case (.decimal, .date32), (.decimal, .time), (.date32, .decimal), (.time, .decimal): false
        case (.date32, .time), (.time, .date32), (.date, .bfloat16), (.bfloat16, .date): false
        case (.dateTime, .ipv4), (.ipv4, .dateTime): false
        case (.enum8(let mine), .enum8(let other)), (.enum16(let mine), .enum16(let other)):
            // The table may know more cases; none may have another name there.
            mine.allSatisfy { other.contains($0) }
        default: true
        }
    }
}
