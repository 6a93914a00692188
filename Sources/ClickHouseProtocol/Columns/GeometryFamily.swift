internal import Bytes

/// Shapes in a plane: names for arrays of points, and for one of them all.
enum GeometryFamily: TypeFamily {
    static let descriptions = [
        TypeDescription(["Point"], column: "tuple", rows: "`[Double]` of two"),
        TypeDescription(["Ring", "LineString", "MultiPoint"], column: "array", rows: "arrays of points"),
        TypeDescription(["Polygon", "MultiLineString"], column: "array", rows: "arrays of arrays of points"),
        TypeDescription(["MultiPolygon"], column: "array", rows: "arrays of polygons"),
        TypeDescription(
            ["Geometry"], column: "variant", rows: "as the shape that the value has; optionals (read only)"),
    ]

    static func parse(
        _ word: String, _ parser: inout TypeParser, start: Int, depth: Int
    ) throws(ClickHouseProtocolError) -> ColumnType {
        guard let type = shapes[word] else { throw parser.unsupported() }
        return type
    }

    static func decoder(
        of type: ColumnType, _ context: DecodingContext
    ) throws(ClickHouseProtocolError) -> ColumnDecoder? {
        nil
    }

    static func encode(
        _ data: ColumnData, as type: ColumnType, into writer: inout ByteWriter, revision: Revision
    ) throws(ClickHouseProtocolError) -> Bool {
        false
    }

    // They are written as what they stand for.
    private static let shapes: [String: ColumnType] = {
        let point = ColumnType.alias(name: "Point", of: .tuple([.init(type: .float64), .init(type: .float64)]))
        let ring = ColumnType.alias(name: "Ring", of: .array(point))
        let line = ColumnType.alias(name: "LineString", of: .array(point))
        let polygon = ColumnType.alias(name: "Polygon", of: .array(ring))
        let lines = ColumnType.alias(name: "MultiLineString", of: .array(line))
        let polygons = ColumnType.alias(name: "MultiPolygon", of: .array(polygon))
        let points = ColumnType.alias(name: "MultiPoint", of: .array(point))
        let any = ColumnType.alias(name: "Geometry", of: .variant([line, lines, polygons, point, polygon, ring]))
        var shapes: [String: ColumnType] = [:]
        for shape in [point, ring, line, polygon, lines, polygons, points, any] { shapes[shape.name] = shape }
        return shapes
    }()
}
