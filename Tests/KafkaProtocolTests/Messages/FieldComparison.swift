import Bytes
import Foundation
import KafkaProtocol

/// Where a structure's fields differ from what Kafka's JSON says; nil where they do not.
///
/// Kafka writes only the fields that a version has, and of the tagged ones those that are not at their defaults.
func difference(_ value: Any, _ json: Any, path: String = "") -> String? {
    switch (value, json) {
    case (let value as any KafkaStructure, let json as [String: Any]):
        let fields = Dictionary(
            uniqueKeysWithValues: Mirror(reflecting: value).children.map { (kafkaName($0.label!), $0.value) })
        for (name, expected) in json {
            guard let field = fields[name] else { return "\(path).\(name): missing" }
            // The bytes of records are not told in JSON.
            if name == "records" { continue }
            if let found = difference(field, expected, path: "\(path).\(name)") { return found }
        }
        return nil
    case (let value as ByteSlice, let json as String):
        return value == ByteSlice(Array(Data(base64Encoded: json)!)) ? nil : "\(path): \(value), not \(json)"
    case (let value as KafkaUUID, let json as String):
        return value == KafkaUUID(json) ? nil : "\(path): \(value), not \(json)"
    case (let value as KafkaErrorCode, let json as NSNumber):
        return Int(value.rawValue) == json.intValue ? nil : "\(path): \(value), not \(json)"
    case (let value as APIKey, let json as NSNumber):
        return Int(value.rawValue) == json.intValue ? nil : "\(path): \(value), not \(json)"
    case (let value as Bool, let json as NSNumber):
        return value == json.boolValue ? nil : "\(path): \(value), not \(json)"
    case (let value as any FixedWidthInteger, let json as NSNumber):
        return Int64(value) == json.int64Value ? nil : "\(path): \(value), not \(json)"
    case (let value as String, let json as String):
        return value == json ? nil : "\(path): \(value), not \(json)"
    case (let value as [Any], let json as [Any]):
        guard value.count == json.count else { return "\(path): \(value.count) elements, not \(json.count)" }
        for (index, (element, expected)) in zip(value, json).enumerated() {
            if let found = difference(element, expected, path: "\(path)[\(index)]") { return found }
        }
        return nil
    default:
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            if let some = mirror.children.first { return difference(some.value, json, path: path) }
            return json is NSNull ? nil : "\(path): nil, not \(json)"
        }
        return "\(path): \(value), not \(json)"
    }
}

/// Kafka's name of a property: "topicId" of "topicID".
private func kafkaName(_ property: String) -> String {
    property.replacingOccurrences(of: "ID", with: "Id")
}
