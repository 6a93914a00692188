import Bytes
import JSON

/// What came of a segmentation: groups in their order, each with its figures.
struct SegmentationAnswer {
    /// A group: its key, and what its intervals have.
    struct Group {
        /// The values of the breakdown's fields; nil for one that is missing.
        var key: [ByteSlice?] = []
        var isOther = false
        /// The measures over the whole range.
        var total: [Double]?
        /// The measures in each interval that has events, by the interval's index.
        var points: [Int: [Double]] = [:]
    }

    let question: SegmentationQuestion
    var groups: [Group]

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter) {
        let starts = question.intervals.starts
        json.beginObject(&writer)
        json.key("times", &writer)
        json.beginArray(&writer)
        for start in starts { json.string(Intervals.label(start, in: question.scope.zone), &writer) }
        json.endArray(&writer)
        json.key("groups", &writer)
        json.beginArray(&writer)
        for group in groups {
            json.beginObject(&writer)
            json.key("key", &writer)
            json.beginArray(&writer)
            for part in group.key {
                if let part { json.string(part, &writer) } else { json.null(&writer) }
            }
            json.endArray(&writer)
            if group.isOther {
                json.key("other", &writer)
                json.bool(true, &writer)
            }
            json.key("total", &writer)
            json.beginObject(&writer)
            for (index, measure) in question.measures.enumerated() {
                json.key(measure.rawValue, &writer)
                write(group.total?[index], measure, &json, &writer)
            }
            json.endObject(&writer)
            json.key("series", &writer)
            json.beginObject(&writer)
            for (index, measure) in question.measures.enumerated() {
                json.key(measure.rawValue, &writer)
                json.beginArray(&writer)
                for place in starts.indices { write(group.points[place]?[index], measure, &json, &writer) }
                json.endArray(&writer)
            }
            json.endObject(&writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
        json.endObject(&writer)
    }

    private func write(
        _ value: Double?, _ measure: SegmentationQuestion.Measure, _ json: inout JSONWriter, _ writer: inout ByteWriter
    ) {
        if let value {
            json.number(value, &writer)
        } else if measure.isCount {
            json.integer(0, &writer)
        } else {
            json.null(&writer)
        }
    }
}
