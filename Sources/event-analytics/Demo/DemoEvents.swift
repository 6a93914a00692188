import Bytes
import Events
import JSON

/// Made-up conversations, the same for the same seed.
struct DemoEvents {
    private var random = SplitMix(state: 0x5eed)
    private let names: [String]
    private let start: Double
    private let end: Double

    /// - Parameters:
    ///   - names: The names that events may have.
    ///   - end: The last moment, in milliseconds since 1970.
    ///   - days: How long before it the first conversation begins.
    init(names: [String], end: Int64, days: Int) {
        self.names = names
        self.end = Double(end)
        start = Double(end) - Double(days) * 86_400_000
    }

    private static let topics = [
        ("How do I reset my password?", "Open Settings, then Security, and choose Reset password."),
        ("Where is my order?", "It left our warehouse this morning and arrives tomorrow."),
        ("Why was I charged twice?", "One of the two is a reservation, which is released within three days."),
        ("Can I change my plan?", "Yes: under Billing, at any time. The difference is credited."),
        ("How do I invite a colleague?", "Under Team, choose Invite, and enter an address."),
        ("Please cancel my subscription.", "It ends with this month. You keep access until then."),
        ("Does it work offline?", "Reading does; changes are sent once you are online again."),
        ("Export all my data, please.", "The export is being made; you get a link by mail."),
    ]
    private static let models = [("small", 420.0, 0.02), ("large", 1_400.0, 0.01), ("preview", 2_300.0, 0.07)]

    /// A conversation's events, as JSON each, in their order.
    mutating func conversation(_ number: Int) -> [ByteSlice] {
        // More of them later than earlier, and more by day than by night.
        var moment = start + (end - start) * Double.random(in: 0..<1, using: &random).squareRoot()
        let hour = (moment / 3_600_000).truncatingRemainder(dividingBy: 24)
        if hour < 6, Bool.random(using: &random) { moment += 8 * 3_600_000 }
        let user = Int.random(in: 0..<400, using: &random)
        let (model, pace, faults) = Self.models[min(Int.random(in: 0..<5, using: &random), 2)]
        // On every ninth day something is broken for three hours.
        let isBroken = Int(moment / 86_400_000) % 9 == 4 && hour > 13 && hour < 16
        let turns = 1 + min(Int.random(in: 0..<6, using: &random), Int.random(in: 0..<6, using: &random))
        var events: [ByteSlice] = []
        for turn in 0..<turns {
            moment += Double.random(in: 5_000..<90_000, using: &random)
            guard moment < end else { break }
            let failed = Double.random(in: 0..<1, using: &random) < (isBroken ? 0.4 : faults)
            let slow = Double.random(in: 0.4..<1.6, using: &random) * Double.random(in: 0.6..<2.2, using: &random)
            let name = names[min(turn, Int.random(in: 0..<names.count, using: &random))]
            let topic = Int.random(in: 0..<Self.topics.count, using: &random)
            events.append(
                event(
                    conversation: "demo-\(number)", name: name, topic: topic, latency: (pace * slow).rounded(),
                    failed: failed, at: moment, model: model, user: user))
        }
        return events
    }

    private mutating func event(
        conversation: String, name: String, topic: Int, latency: Double, failed: Bool, at moment: Double, model: String,
        user: Int
    ) -> ByteSlice {
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 512)
        let error = topic % 2 == 0 ? "timeout after 30 s" : "rate limit reached"
        let plan = user % 5 == 0 ? "pro" : "free"
        let texts = [
            ("conversation_id", conversation), ("event_name", name),
            ("created_at", Timestamp(milliseconds: Int64(moment)).description), ("error", failed ? error : ""),
            ("input", Self.topics[topic].0), ("output", failed ? "" : Self.topics[topic].1),
            ("conversation_metadata", #"{"model":"\#(model)","user":{"id":\#(user),"plan":"\#(plan)"}}"#),
        ]
        json.beginObject(&writer)
        for (key, text) in texts {
            json.key(key, &writer)
            json.string(text, &writer)
        }
        json.key("latency", &writer)
        json.number(latency, &writer)
        json.key("input_embeddings", &writer)
        json.beginArray(&writer)
        // The same question lies near itself, and far from others.
        for place in 0..<Self.topics.count {
            json.number((place == topic ? 1 : 0.1) + Float.random(in: 0..<0.2, using: &random), &writer)
        }
        json.endArray(&writer)
        json.endObject(&writer)
        return writer.finish()
    }
}

/// Numbers that look random, and are the same each time (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators").
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
