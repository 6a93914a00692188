internal import Bytes

/// A setting of a query: its name, its value as text, and how the server is to take it.
public struct Setting: Sendable, Hashable {
    /// The name: `max_threads`.
    public var name: String
    /// The value as text: `4`.
    public var value: String
    /// Whether a server that does not know the setting refuses the query; it ignores it otherwise.
    public var isImportant: Bool

    /// Makes a setting.
    public init(_ name: String, _ value: String, isImportant: Bool = true) {
        self.name = name
        self.value = value
        self.isImportant = isImportant
    }
}

/// Settings on the wire: names, flags and values, up to an empty name. (ClickHouse: `BaseSettings::write` in
/// src/Core/BaseSettings.h.)
enum SettingsWire {
    static let important: UInt64 = 0x01
    static let custom: UInt64 = 0x02

    static func encode(_ settings: [Setting], into writer: inout ByteWriter, revision: Revision) {
        for setting in settings {
            writer.writeText(setting.name)
            if revision.has(.settingsAsText) {
                writer.writeVarint(setting.isImportant ? important : 0)
                writer.writeText(setting.value)
            } else if let number = UInt64(setting.value) {
                // Before, each setting was written in its own type: numbers and switches so, texts as texts.
                writer.writeVarint(number)
            } else {
                writer.writeText(setting.value)
            }
        }
        writer.writeText("")
    }

    /// Reads settings; nil where more bytes are needed.
    static func read(_ reader: inout ByteReader, limits: Limits) throws(ClickHouseProtocolError) -> [Setting]? {
        var settings: [Setting] = []
        while let name = try reader.partialText("a setting's name", limit: limits.textBytes) {
            if name.isEmpty { return settings }
            guard settings.count < limits.columns else {
                throw ClickHouseProtocolError(.limit, "the server sends more than \(limits.columns) settings")
            }
            guard let flags = try reader.partialVarint("a setting's flags"),
                let value = try reader.partialText("a setting's value", limit: limits.textBytes)
            else { return nil }
            settings.append(Setting(name, value, isImportant: flags & important != 0))
        }
        return nil
    }
}
