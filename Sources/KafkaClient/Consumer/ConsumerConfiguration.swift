/// How a consumer reads.
public struct ConsumerConfiguration: Sendable {
    /// Where to begin in a partition without a committed offset, or whose offset is no longer in the log.
    public enum OffsetReset: Sendable, Hashable {
        /// At the oldest record.
        case earliest
        /// Behind the newest record.
        case latest
        /// Nowhere: `next` throws `KafkaError` `.offsetOutOfRange`.
        case fail
    }

    /// Whether records of transactions that are open or were aborted are read.
    public enum Isolation: Sendable, Hashable {
        /// All records.
        case readUncommitted
        /// Records of committed transactions, and those outside of any.
        case readCommitted
    }

    /// What to read.
    public enum Source: Sendable {
        /// As a member of a group, whose members share the topics' partitions.
        case group(String, topics: [String])
        /// These partitions, from committed offsets of `group` where one is named.
        case partitions([TopicPartition], group: String?)
    }

    /// The cluster.
    public var kafka: KafkaConfiguration

    /// What to read.
    public var source: Source

    /// Where to begin without an offset.
    public var offsetReset: OffsetReset = .earliest

    /// What to leave out.
    public var isolation: Isolation = .readCommitted

    /// Who shares out the partitions of a group, by preference: the group uses one that all its members know.
    ///
    /// Where all of them are cooperative, members keep what they read through a rebalance (see
    /// ``StickyAssignor``): a listener is then told of what comes and of what goes alone.
    public var assignors: [any PartitionAssignor] = [.range]

    /// The member's fixed identity, which keeps its partitions over a restart; nil for none.
    public var instanceID: String?

    /// How long the group waits for a sign of life before it gives the member's partitions away.
    public var sessionTimeout: Duration = .seconds(45)

    /// How often the member shows life.
    public var heartbeatInterval: Duration = .seconds(3)

    /// How long the member may take to finish and commit when partitions are moved.
    public var rebalanceTimeout: Duration = .seconds(60)

    /// How long a broker may hold a fetch back while there is nothing new.
    public var fetchMaxWait: Duration = .milliseconds(500)

    /// How many bytes a broker collects before it answers a fetch, `fetchMaxWait` permitting.
    public var fetchMinBytes = 1

    /// How many bytes a fetch brings at most.
    public var fetchMaxBytes = 8 << 20

    /// How many bytes a fetch brings of one partition at most; a larger batch comes alone.
    public var fetchMaxPartitionBytes = 1 << 20

    /// How many fetched bytes wait for the reader before fetching pauses.
    public var prefetchBytes = 32 << 20

    /// Makes a configuration.
    public init(_ kafka: KafkaConfiguration, source: Source) {
        self.kafka = kafka
        self.source = source
    }
}
