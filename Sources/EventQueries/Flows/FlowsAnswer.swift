import Bytes
import ClickHouseClient
import ClickHouseProtocol
import EventStore
import JSON
import Transport

/// What came of flows: which names stand where, and what leads to what.
struct FlowsAnswer {
    let question: FlowsQuestion

    /// What stands at a position: a name, or that there is nothing more.
    private enum Place: Hashable {
        case name(ByteSlice)
        case other
        case end
    }

    private struct Path {
        var first: Int
        var places: [Place]
        var actors: UInt64
    }

    private var paths: [Path] = []
    private(set) var size = 0

    init(_ question: FlowsQuestion) { self.question = question }

    /// So many actors take a path.
    ///
    /// - Parameters:
    ///   - anchor: The anchor's index.
    ///   - ends: Whether nothing comes behind it.
    mutating func add(_ names: [ByteSlice], anchor: Int, ends: Bool, actors: UInt64) {
        var places = names.map { Place.name($0) }
        if ends, names.count - 1 - anchor < question.stepsAfter { places.append(.end) }
        paths.append(Path(first: -anchor, places: places, actors: actors))
        size += names.reduce(64) { $0 + $1.count + 48 }
    }

    private struct Node {
        let position: Int
        let place: Place
        let count: UInt64
    }

    private struct Link: Hashable {
        let position: Int
        let from: Place
        let to: Place
    }

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        // By position, the names that come most often; the others become one.
        var counts: [Int: [Place: UInt64]] = [:]
        for path in paths {
            for (index, place) in path.places.enumerated() {
                counts[path.first + index, default: [:]][place, default: 0] += path.actors
            }
        }
        var kept: [Int: Set<Place>] = [:]
        for (position, names) in counts {
            let ranked = names.filter { $0.key != .end }.sorted(by: Self.order)
            kept[position] = Set(ranked.prefix(question.top).map(\.key))
        }
        var nodes: [Int: [Place: UInt64]] = [:]
        var links: [Link: UInt64] = [:]
        for path in paths {
            let places = path.places.enumerated().map { index, place in
                place == .end || kept[path.first + index]?.contains(place) == true ? place : Place.other
            }
            for (index, place) in places.enumerated() {
                nodes[path.first + index, default: [:]][place, default: 0] += path.actors
                guard index + 1 < places.count else { continue }
                links[Link(position: path.first + index, from: place, to: places[index + 1]), default: 0] += path.actors
            }
        }
        json.beginObject(&writer)
        json.key("nodes", &writer)
        json.beginArray(&writer)
        for (position, names) in nodes.sorted(by: { $0.key < $1.key }) {
            for (place, count) in names.sorted(by: Self.order) {
                json.beginObject(&writer)
                json.key("position", &writer)
                json.integer(Int64(position), &writer)
                json.key("name", &writer)
                json.string(Self.name(place), &writer)
                json.key("count", &writer)
                json.integer(count, &writer)
                json.endObject(&writer)
            }
        }
        json.endArray(&writer)
        json.key("edges", &writer)
        json.beginArray(&writer)
        for (link, count) in links.sorted(by: Self.linkOrder) {
            json.beginObject(&writer)
            json.key("position", &writer)
            json.integer(Int64(link.position), &writer)
            json.key("from", &writer)
            json.string(Self.name(link.from), &writer)
            json.key("to", &writer)
            json.string(Self.name(link.to), &writer)
            json.key("count", &writer)
            json.integer(count, &writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
        json.endObject(&writer)
    }

    private static func name(_ place: Place) -> ByteSlice {
        switch place {
        case .name(let name): name
        case .other: ByteSlice(utf8: "other")
        case .end: ByteSlice(utf8: "end")
        }
    }

    /// By count, descending; then by name, what is no name last.
    private static func order(_ left: (key: Place, value: UInt64), _ right: (key: Place, value: UInt64)) -> Bool {
        left.value != right.value ? left.value > right.value : precedes(left.key, right.key)
    }

    private static func linkOrder(_ left: (key: Link, value: UInt64), _ right: (key: Link, value: UInt64)) -> Bool {
        if left.key.position != right.key.position { return left.key.position < right.key.position }
        if left.value != right.value { return left.value > right.value }
        if left.key.from != right.key.from { return precedes(left.key.from, right.key.from) }
        return precedes(left.key.to, right.key.to)
    }

    private static func precedes(_ left: Place, _ right: Place) -> Bool {
        switch (left, right) {
        case (.name(let one), .name(let other)): one.precedes(other)
        case (.name, _): true
        case (.other, .end): true
        default: false
        }
    }
}

extension EventStore {
    func answer(_ question: FlowsQuestion) async throws(EventStoreError) -> QuestionAnswer {
        let query = question.query
        var answer = FlowsAnswer(question)
        let deadline = Deadline.after(question.scope.deadline)
        let rowsRead = try await ask(query.text, query.parameters, until: deadline) { result in
            while let block = try await result.next() {
                let columns = ResultColumns(block)
                let names = try columns.textArrays("names")
                let places = try columns.integers("place")
                let ends = try columns.integers("ends")
                let actors = try columns.integers("actors")
                for row in 0..<block.rowCount {
                    let range = names.range(row)
                    let anchor = Int(places[row]) - 1
                    guard range.indices.contains(range.lowerBound + anchor), anchor >= 0 else {
                        throw EventStoreError(.malformed, "ClickHouse answered with a path without its anchor")
                    }
                    answer.add(
                        range.map { ByteSlice(copying: names.texts[$0].span) }, anchor: anchor, ends: ends[row] != 0,
                        actors: UInt64(max(actors[row], 0)))
                    try requireRoom(answer.size)
                }
            }
            return result.summary.progress.readRows
        }
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        answer.write(&json, &writer)
        return QuestionAnswer(writer.finish(), rowsRead: rowsRead)
    }
}

extension ByteSlice {
    /// Whether it comes before another one, byte by byte.
    func precedes(_ other: ByteSlice) -> Bool {
        let (mine, theirs) = (span, other.span)
        for index in 0..<min(mine.byteCount, theirs.byteCount) {
            let one = mine.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let two = theirs.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if one != two { return one < two }
        }
        return count < other.count
    }
}
