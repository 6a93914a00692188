/// The types without arguments, and those with.
extension TypeParser {
    static let plain: [String: ColumnType] = {
        var types: [String: ColumnType] = [:]
        let all: [ColumnType] = [
            .int8, .int16, .int32, .int64, .int128, .int256, .uint8, .uint16, .uint32, .uint64, .uint128, .uint256,
            .bfloat16, .float32, .float64, .bool, .string, .date, .date32, .dateTime(timeZone: nil), .time, .uuid,
            .ipv4, .ipv6, .nothing, .dynamic(maxTypes: nil), .json(name: "JSON", paths: []),
        ]
        for type in all { types[type.name] = type }
        let point = ColumnType.alias(name: "Point", of: .tuple([.init(type: .float64), .init(type: .float64)]))
        let ring = ColumnType.alias(name: "Ring", of: .array(point))
        let line = ColumnType.alias(name: "LineString", of: .array(point))
        let polygon = ColumnType.alias(name: "Polygon", of: .array(ring))
        let lines = ColumnType.alias(name: "MultiLineString", of: .array(line))
        let polygons = ColumnType.alias(name: "MultiPolygon", of: .array(polygon))
        for type in [
            point, ring, line, polygon, lines, polygons, .alias(name: "MultiPoint", of: .array(point)),
            .alias(name: "Geometry", of: .variant([line, lines, polygons, point, polygon, ring])),
        ] {
            types[type.name] = type
        }
        return types
    }()

    static let bracketed: Set<String> = [
        "DateTime", "DateTime64", "Time64", "FixedString", "Decimal", "Enum8", "Enum16", "Nullable", "Array",
        "LowCardinality", "Tuple", "Nested", "Map", "SimpleAggregateFunction",
        "Variant", "Dynamic", "JSON", "QBit", "AggregateFunction",
    ]
}
