/// What can be set for a topic, by Kafka's names.
enum TopicSettings {
    /// How a setting's value is checked.
    private enum Kind {
        case number(ClosedRange<Int64>)
        case oneOf([String])
        /// Taken and shown, without effect on one node.
        case ignored
    }

    private static let kinds: [String: Kind] = [
        "retention.ms": .number(-1 ... .max),
        "retention.bytes": .number(-1 ... .max),
        "segment.bytes": .number(1 << 20...1 << 31),
        "max.message.bytes": .number(0...Int64(Int32.max)),
        "cleanup.policy": .oneOf(["delete"]),
        "compression.type": .oneOf(["producer"]),
        "message.timestamp.type": .oneOf(["CreateTime"]),
        "min.insync.replicas": .number(1...1),
        "segment.ms": .ignored,
        "flush.messages": .ignored,
        "flush.ms": .ignored,
        "index.interval.bytes": .ignored,
        "segment.index.bytes": .ignored,
        "file.delete.delay.ms": .ignored,
        "unclean.leader.election.enable": .ignored,
        "preallocate": .ignored,
        "message.timestamp.before.max.ms": .ignored,
        "message.timestamp.after.max.ms": .ignored,
    ]

    /// What is wrong with a setting, in one line; nil where nothing is.
    static func fault(of name: String, _ value: String?) -> String? {
        guard let kind = kinds[name] else { return "\(name) is no setting of a topic here" }
        guard let value else { return "\(name) has no value" }
        switch kind {
        case .number(let range):
            guard let number = Int64(value), range.contains(number) else {
                return "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not \(value)"
            }
        case .oneOf(let values):
            guard values.contains(value) else {
                return "\(name) can only be \(values.joined(separator: " or ")) here, not \(value)"
            }
        case .ignored: break
        }
        return nil
    }

    /// What holds for a topic: what was set for it, else the broker's own settings.
    static func effective(
        _ set: [String: String], _ configuration: BrokerConfiguration
    ) -> [(name: String, value: String, isDefault: Bool)] {
        let retention = configuration.retention.map { String($0.milliseconds) } ?? "-1"
        let defaults: [String: String] = [
            "retention.ms": retention,
            "retention.bytes": String(configuration.retentionBytes ?? -1),
            "segment.bytes": String(configuration.segmentBytes),
            "max.message.bytes": String(configuration.maxBatchBytes),
            "cleanup.policy": "delete",
            "compression.type": "producer",
            "message.timestamp.type": "CreateTime",
            "min.insync.replicas": "1",
        ]
        return defaults.merging(set) { $1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value, set[$0.key] == nil) }
    }

    /// What is wrong with a topic's name, in one line; nil where nothing is.
    static func fault(ofName name: String) -> String? {
        let allowed = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard !name.isEmpty, name.utf8.count <= 249, allowed, name != ".", name != ".." else {
            return "a topic's name has 1 to 249 letters, digits, dots, dashes and underscores"
        }
        return nil
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product &+ attoseconds / 1_000_000_000_000_000
    }
}
