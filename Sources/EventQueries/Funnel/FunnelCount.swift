import Bytes
import ClickHouseProtocol
import EventStore
import JSON

/// How many actors reached each step, and how long it took them.
struct FunnelCount {
    /// By how many steps were reached, from one on.
    private var furthest: [Int]
    /// In milliseconds since the step before, for each step but the first.
    private var delays: [[Int64]]

    init(steps: Int) {
        furthest = Array(repeating: 0, count: steps)
        delays = Array(repeating: [], count: max(steps - 1, 0))
    }

    /// How many came at all.
    var actors: Int { furthest.reduce(0, +) }

    /// An actor took these steps at these times.
    mutating func add(_ times: [Int64]) {
        furthest[times.count - 1] += 1
        for step in 1..<max(times.count, 1) where step < times.count {
            delays[step - 1].append(times[step] - times[step - 1])
        }
    }

    /// Other actors, none of which is here.
    mutating func add(_ other: FunnelCount) {
        for step in furthest.indices { furthest[step] += other.furthest[step] }
        for step in delays.indices { delays[step] += other.delays[step] }
    }

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        json.beginArray(&writer)
        var reached = actors
        let first = reached
        var before = reached
        for step in furthest.indices {
            json.beginObject(&writer)
            json.key("actors", &writer)
            json.integer(Int64(reached), &writer)
            json.key("from_previous", &writer)
            write(step == 0 || before == 0 ? nil : Double(reached) / Double(before), &json, &writer)
            json.key("from_first", &writer)
            write(first == 0 ? nil : Double(reached) / Double(first), &json, &writer)
            json.key("median_ms_from_previous", &writer)
            write(step == 0 ? nil : Self.median(delays[step - 1]), &json, &writer)
            json.endObject(&writer)
            before = reached
            reached -= furthest[step]
        }
        json.endArray(&writer)
    }

    private func write(_ value: Double?, _ json: inout JSONWriter, _ writer: inout ByteWriter) {
        if let value { json.number(value, &writer) } else { json.null(&writer) }
    }

    /// The middle one, or what lies between the two in the middle; nil of none.
    static func median(_ values: [Int64]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
    }
}

/// A group's key: nil for one that is missing.
struct GroupKey: Hashable, Comparable {
    let text: ByteSlice?

    /// By bytes, the missing one last.
    static func < (left: GroupKey, right: GroupKey) -> Bool {
        guard let one = left.text else { return false }
        guard let other = right.text else { return true }
        return one.precedes(other)
    }
}

/// What came of a funnel.
struct FunnelAnswer {
    let question: FunnelQuestion
    private var walk: FunnelWalk
    private var all: FunnelCount
    private var groups: [GroupKey: FunnelCount] = [:]
    private var actors = LeastTexts(most: 1000)

    init(_ question: FunnelQuestion) {
        self.question = question
        all = FunnelCount(steps: question.steps.count)
        walk = FunnelWalk(
            steps: question.steps.count, window: question.window, isStrict: question.order == .strict)
    }

    /// How many figures are kept, for the bound on them.
    var size: Int { all.actors * 2 * question.steps.count + groups.count * 16 }

    mutating func add(_ timeline: Timeline) {
        let chain = walk.furthest(timeline)
        guard let first = chain.first else { return }
        let times = chain.map { timeline.time($0) }
        all.add(times)
        if let keys = timeline.keys {
            let isMissing = timeline.mask(first) & Timeline.missingKey != 0
            let key = GroupKey(text: isMissing ? nil : keys[first].bytes)
            groups[key, default: FunnelCount(steps: question.steps.count)].add(times)
        }
        if let step = question.namesActorsAt, question.namesDropped ? chain.count == step + 1 : chain.count > step {
            actors.add(timeline.actor.bytes)
        }
    }

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        json.beginObject(&writer)
        json.key("steps", &writer)
        all.write(&json, &writer)
        json.key("groups", &writer)
        json.beginArray(&writer)
        let ranked = groups.sorted { left, right in
            left.value.actors != right.value.actors ? left.value.actors > right.value.actors : left.key < right.key
        }
        for group in ranked.prefix(question.top) {
            json.beginObject(&writer)
            json.key("key", &writer)
            json.beginArray(&writer)
            if let text = group.key.text { json.string(text, &writer) } else { json.null(&writer) }
            json.endArray(&writer)
            json.key("steps", &writer)
            group.value.write(&json, &writer)
            json.endObject(&writer)
        }
        if ranked.count > question.top {
            var rest = FunnelCount(steps: question.steps.count)
            for group in ranked.dropFirst(question.top) { rest.add(group.value) }
            json.beginObject(&writer)
            json.key("key", &writer)
            json.beginArray(&writer)
            json.endArray(&writer)
            json.key("other", &writer)
            json.bool(true, &writer)
            json.key("steps", &writer)
            rest.write(&json, &writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
        if question.namesActorsAt != nil {
            json.key("actors", &writer)
            json.beginArray(&writer)
            for actor in actors.sorted { json.string(actor, &writer) }
            json.endArray(&writer)
        }
        json.endObject(&writer)
    }
}

/// The first texts by their bytes, of any number of them.
struct LeastTexts {
    let most: Int
    private var texts: [ByteSlice] = []

    init(most: Int) { self.most = most }

    mutating func add(_ text: ByteSlice) {
        texts.append(ByteSlice(copying: text.span))
        if texts.count >= 2 * most { texts = sorted }
    }

    var sorted: [ByteSlice] { Array(texts.sorted { $0.precedes($1) }.prefix(most)) }
}

extension ClickHouseText {
    /// A copy of its bytes.
    var bytes: ByteSlice { ByteSlice(copying: column[row].span) }
}
