/// A server's error number. (ClickHouse: src/Common/ErrorCodes.cpp; the ones that clients meet.)
struct ServerErrorCode {
    let rawValue: Int32

    init(_ rawValue: Int32) { self.rawValue = rawValue }

    var name: String? { Self.known[rawValue]?.name }

    /// Whether the same query may succeed later.
    var isRetriable: Bool { Self.known[rawValue]?.isRetriable ?? false }

    /// Whether a statement that the server answers with it was refused before it began.
    var isRefusal: Bool { Self.refusals.contains(rawValue) }

    /// Names and types that are not there, syntax, rights, and too many queries.
    private static let refusals: Set<Int32> = [
        42, 43, 46, 47, 50, 57, 60, 62, 81, 82, 115, 164, 192, 193, 202, 216, 452, 456, 457, 497, 516, 636,
    ]

    private static let known: [Int32: (name: String, isRetriable: Bool)] = [
        6: ("CANNOT_PARSE_TEXT", false), 10: ("NOT_FOUND_COLUMN_IN_BLOCK", false),
        16: ("NO_SUCH_COLUMN_IN_TABLE", false),
        20: ("NUMBER_OF_COLUMNS_DOESNT_MATCH", false), 27: ("CANNOT_PARSE_INPUT_ASSERTION_FAILED", false),
        36: ("BAD_ARGUMENTS", false), 41: ("CANNOT_PARSE_DATETIME", false),
        42: ("NUMBER_OF_ARGUMENTS_DOESNT_MATCH", false),
        43: ("ILLEGAL_TYPE_OF_ARGUMENT", false), 46: ("UNKNOWN_FUNCTION", false), 47: ("UNKNOWN_IDENTIFIER", false),
        48: ("NOT_IMPLEMENTED", false), 49: ("LOGICAL_ERROR", false), 50: ("UNKNOWN_TYPE", false),
        53: ("TYPE_MISMATCH", false), 57: ("TABLE_ALREADY_EXISTS", false), 60: ("UNKNOWN_TABLE", false),
        62: ("SYNTAX_ERROR", false), 70: ("CANNOT_CONVERT_TYPE", false), 72: ("CANNOT_PARSE_NUMBER", false),
        81: ("UNKNOWN_DATABASE", false), 82: ("DATABASE_ALREADY_EXISTS", false),
        101: ("UNEXPECTED_PACKET_FROM_CLIENT", false),
        115: ("UNKNOWN_SETTING", false), 117: ("INCORRECT_DATA", false), 122: ("INCOMPATIBLE_COLUMNS", false),
        153: ("ILLEGAL_DIVISION", false), 158: ("TOO_MANY_ROWS", false), 159: ("TIMEOUT_EXCEEDED", true),
        160: ("TOO_SLOW", true), 164: ("READONLY", false), 192: ("UNKNOWN_USER", false), 193: ("WRONG_PASSWORD", false),
        202: ("TOO_MANY_SIMULTANEOUS_QUERIES", true), 203: ("NO_FREE_CONNECTION", true), 209: ("SOCKET_TIMEOUT", true),
        210: ("NETWORK_ERROR", true), 216: ("QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", true), 225: ("NO_ZOOKEEPER", true),
        236: ("ABORTED", true), 241: ("MEMORY_LIMIT_EXCEEDED", true), 242: ("TABLE_IS_READ_ONLY", true),
        243: ("NOT_ENOUGH_SPACE", true), 252: ("TOO_MANY_PARTS", true), 279: ("ALL_CONNECTION_TRIES_FAILED", true),
        285: ("TOO_FEW_LIVE_REPLICAS", true), 286: ("UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE", true),
        306: ("TOO_DEEP_RECURSION", false), 307: ("TOO_MANY_BYTES", false), 319: ("UNKNOWN_STATUS_OF_INSERT", true),
        349: ("CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN", false), 394: ("QUERY_WAS_CANCELLED", false),
        395: ("FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", false), 396: ("TOO_MANY_ROWS_OR_BYTES", false),
        425: ("SYSTEM_ERROR", true), 439: ("CANNOT_SCHEDULE_TASK", true), 456: ("UNKNOWN_QUERY_PARAMETER", false),
        457: ("BAD_QUERY_PARAMETER", false), 497: ("ACCESS_DENIED", false), 516: ("AUTHENTICATION_FAILED", false),
        636: ("CANNOT_EXTRACT_TABLE_STRUCTURE", false), 734: ("QUERY_WAS_CANCELLED_BY_CLIENT", false),
        999: ("KEEPER_EXCEPTION", true),
    ]
}
