public import Bytes

/// What a router found in a path where its pattern has parameters.
public struct HTTPParameters: Sendable {
    let names: [String]
    let values: [ByteSlice]

    init(names: [String] = [], values: [ByteSlice] = []) {
        self.names = names
        self.values = values
    }

    /// The value of a parameter, decoded, in UTF-8; empty where the pattern has none of that name.
    public func bytes(_ name: String) -> ByteSlice {
        // Patterns have one or two parameters.
        for index in names.indices where names[index] == name { return values[index] }
        return .empty
    }

    /// The value of a parameter, decoded; empty where the pattern has none of that name.
    public func text(_ name: String) -> String {
        // The router has refused what is no UTF-8.
        bytes(name).utf8 ?? ""
    }
}
