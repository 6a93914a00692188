import ClickHouseProtocol

extension ClickHouseQuery: ExpressibleByStringInterpolation {
    /// A query whose text has values in it: each goes to the server beside the text, as a parameter. So nothing that a value
    /// holds is ever read as a part of the text.
    public init(stringInterpolation: StringInterpolation) {
        self.init(unescaped: stringInterpolation.text, parameters: stringInterpolation.parameters)
        fault = stringInterpolation.fault
    }

    /// The text of a query with values in it.
    public struct StringInterpolation: StringInterpolationProtocol {
        private(set) var text = ""
        private(set) var parameters: [QueryParameter] = []
        /// Why a value cannot stand in the text.
        private(set) var fault: ClickHouseError?

        /// Makes an empty one.
        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
            parameters.reserveCapacity(interpolationCount)
        }

        /// A part of the text.
        public mutating func appendLiteral(_ literal: String) { text += literal }

        /// A value: a parameter of its type, `{p1:Int64}`.
        public mutating func appendInterpolation<Value: ClickHouseParameter>(_ value: Value) {
            append(value.parameterValue, Value.parameterType)
        }

        /// A value or `NULL`: a parameter of its `Nullable` type.
        public mutating func appendInterpolation<Value: ClickHouseScalarParameter>(_ value: Value?) {
            append(value.parameterValue, Value?.parameterType)
        }

        /// A value as one of another type: `\(day, as: "Date")` of a text. The type is a part of the query's text as it is.
        public mutating func appendInterpolation<Value: ClickHouseParameter>(_ value: Value, as type: String) {
            append(value.parameterValue, type)
        }

        /// A `UUID` or a `Date` of Foundation's; a date is a `DateTime64(6, 'UTC')`. A query with any other value fails with
        /// `.mismatch` when it is asked.
        @_disfavoredOverload
        public mutating func appendInterpolation<Value: Encodable & Hashable & Comparable>(_ value: Value) {
            appendForeign([value], Value.self, "") { $0[0] }
        }

        /// The same, or `NULL`.
        @_disfavoredOverload
        public mutating func appendInterpolation<Value: Encodable & Hashable & Comparable>(_ value: Value?) {
            appendForeign(value.map { [$0] } ?? [], Value.self, "Nullable") { $0.first ?? .null }
        }

        /// An array of the same.
        @_disfavoredOverload
        public mutating func appendInterpolation<Value: Encodable & Hashable & Comparable>(_ values: [Value]) {
            appendForeign(values, Value.self, "Array") { .array($0) }
        }

        /// The name of a table, a column or a database: `\(identifier: database).\(identifier: table)`. It stands in the
        /// text, in backquotes: a parameter of the type Identifier is not understood everywhere, as in a column's declaration.
        public mutating func appendInterpolation(identifier name: String) {
            text += ClickHouseConnection.quotedIdentifier(name)
        }

        /// A piece of the query's text as it is, whatever it holds: never something that a stranger wrote.
        public mutating func appendInterpolation(unescaped text: String) { self.text += text }

        private mutating func append(_ value: QueryParameter.Value, _ type: String) {
            let name = "p\(parameters.count + 1)"
            parameters.append(QueryParameter(name, value))
            text += "{\(name):\(type)}"
        }

        private mutating func appendForeign<Value: Encodable>(
            _ values: [Value], _ type: Value.Type, _ outer: String,
            _ combine: ([QueryParameter.Value]) -> QueryParameter.Value
        ) {
            do throws(ClickHouseError) {
                let inner = try ForeignParameter.type(of: type)
                var taken: [QueryParameter.Value] = []
                for value in values { taken.append(try ForeignParameter(value).value) }
                append(combine(taken), outer.isEmpty ? inner : "\(outer)(\(inner))")
            } catch {
                fault = fault ?? error
            }
        }
    }
}
