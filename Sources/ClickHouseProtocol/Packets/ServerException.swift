internal import Bytes

/// An error that the server reports. (ClickHouse: `writeException` in src/IO/WriteHelpers.cpp.)
public struct ServerException: Error, Sendable, Hashable, CustomStringConvertible {
    /// The number, as in ClickHouse's src/Common/ErrorCodes.cpp: 60 is UNKNOWN_TABLE.
    public var code: Int32
    /// The class: "DB::Exception".
    public var name: String
    /// What is wrong.
    public var message: String
    /// Where in the server, if it tells.
    public var stackTrace: String
    /// The errors behind this one, from the outside to the inside.
    public var nested: [ServerException]

    /// Makes an exception.
    public init(code: Int32, name: String, message: String, stackTrace: String = "", nested: [ServerException] = []) {
        self.code = code
        self.name = name
        self.message = message
        self.stackTrace = stackTrace
        self.nested = nested
    }

    /// One line for people.
    public var description: String { "code \(code): \(message)" }

    /// Reads what follows the packet's kind; nil where more bytes are needed.
    static func read(
        _ reader: inout ByteReader, limits: Limits
    ) throws(ClickHouseProtocolError) -> ServerException? {
        var all: [ServerException] = []
        var hasMore = true
        while hasMore {
            guard all.count <= limits.nestedExceptions else {
                throw ClickHouseProtocolError(.limit, "more than \(limits.nestedExceptions) exceptions in one another")
            }
            guard let code = reader.partialInteger(Int32.self),
                let name = try reader.partialText("an exception's name", limit: limits.textBytes),
                let message = try reader.partialText("an exception's message", limit: limits.textBytes),
                let stackTrace = try reader.partialText("an exception's stack trace", limit: limits.textBytes),
                let isNested = reader.partialByte()
            else { return nil }
            all.append(ServerException(code: code, name: name, message: message, stackTrace: stackTrace))
            hasMore = isNested != 0
        }
        var first = all[0]
        first.nested = Array(all.dropFirst())
        return first
    }
}
