/// A revision of the native protocol, as both sides announce it in their hellos.
///
/// Each side writes what the lower of the two revisions knows. (ClickHouse: src/Core/ProtocolDefines.h.)
public struct Revision: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt64

    /// Makes a revision of a number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The newest revision that this module reads and writes in full: ClickHouse 26.9's.
    public static let newest = Revision(rawValue: 54_492)

    /// The revision of ClickHouse 24.3, the oldest that is meant to work in full.
    public static let clickHouse243 = Revision(rawValue: 54_467)

    /// The oldest revision that this module speaks at all: ClickHouse 18.16's. It has no settings as text, no
    /// parameters and fewer types.
    public static let oldest = Revision(rawValue: 54_412)

    /// Whether the revision has the feature.
    @inlinable
    public func has(_ feature: Feature) -> Bool { rawValue >= feature.since }

    /// Whether the left one is older.
    public static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }

    /// The number.
    public var description: String { String(rawValue) }

    /// Something that a revision brought into the protocol. What older revisions than `oldest` brought is always there.
    public struct Feature: Hashable, Sendable {
        /// The first revision that has it.
        public let since: UInt64

        @inlinable
        init(since: UInt64) { self.since = since }

        /// Rows and bytes written, in Progress.
        public static let writtenRowsInProgress = Feature(since: 54_420)
        /// Settings as text with flags, in Query.
        public static let settingsAsText = Feature(since: 54_429)
        /// The hash of a secret between servers, in Query; empty from a client.
        public static let interserverSecret = Feature(since: 54_441)
        /// A W3C trace context in the client's description.
        public static let traceContext = Feature(since: 54_442)
        /// How often a query was sent on, in the client's description.
        public static let distributedDepth = Feature(since: 54_448)
        /// When the first query began, in the client's description.
        public static let initialQueryStartTime = Feature(since: 54_449)
        /// Replicas that read together, in the client's description.
        public static let parallelReplicas = Feature(since: 54_453)
        /// A byte before each column that says whether it is written in another way than its type's own.
        public static let customSerialization = Feature(since: 54_454)
        /// What the client sends after the server's hello.
        public static let addendum = Feature(since: 54_458)
        /// Query parameters.
        public static let parameters = Feature(since: 54_459)
        /// How long the query has run on the server, in Progress.
        public static let serverTimeInProgress = Feature(since: 54_460)
        /// The server's rules for passwords, in its hello.
        public static let passwordRules = Feature(since: 54_461)
        /// A number for the secret between servers, in the server's hello.
        public static let interserverSecretNonce = Feature(since: 54_462)
        /// How many bytes there are to read, in Progress.
        public static let totalBytesInProgress = Feature(since: 54_463)
        /// Sparse columns.
        public static let sparseColumns = Feature(since: 54_465)
        /// How many rows there were before aggregation, in ProfileInfo.
        public static let rowsBeforeAggregation = Feature(since: 54_469)
        /// Packets in chunks whose sizes stand before them, where both sides agree.
        public static let chunkedPackets = Feature(since: 54_470)
        /// The version of the protocol between replicas, in the server's hello and the addendum.
        public static let parallelReplicasVersion = Feature(since: 54_471)
        /// Roles granted from outside, in Query; empty from a client.
        public static let externalRoles = Feature(since: 54_472)
        /// Dynamic and JSON without a limit of types or paths before them.
        public static let dynamicWithoutLimit = Feature(since: 54_473)
        /// The server's settings, in its hello.
        public static let serverSettings = Feature(since: 54_474)
        /// Where in a script the query stood, in the client's description.
        public static let scriptPosition = Feature(since: 54_475)
        /// A token between servers, in the client's description; none from a client.
        public static let interserverToken = Feature(since: 54_476)
        /// The version of query plans, in the server's hello.
        public static let queryPlanVersion = Feature(since: 54_477)
        /// The version of cluster functions, in the server's hello.
        public static let clusterFunctionVersion = Feature(since: 54_479)
        /// Buckets that come later than others, before each block.
        public static let outOfOrderBuckets = Feature(since: 54_480)
        /// Logs, profile events and column descriptions compressed like data.
        public static let compressedEvents = Feature(since: 54_481)
        /// Which program asks through which library, in the client's description.
        public static let clientAgent = Feature(since: 54_485)
        /// Whether the query is one of the server's own, in the client's description.
        public static let internalQueryFlag = Feature(since: 54_486)
        /// The roles in force, in the client's description; none from a client.
        public static let currentRoles = Feature(since: 54_488)
        /// Strings as their ends and then their bytes, each in one run.
        public static let stringEnds = Feature(since: 54_492)
    }
}
