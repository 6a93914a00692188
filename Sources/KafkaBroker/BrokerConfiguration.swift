/// What a broker is set to.
public struct BrokerConfiguration: Sendable {
    /// When appended records are waited for until they are on the disk.
    public enum Sync: Sendable, Hashable {
        /// Never: an acknowledged record is in the kernel's hands. It survives the process, not the machine.
        case never
        /// Before each acknowledgement; appends that come together share one wait.
        case eachCommit
        /// After so long at the most: the machine's end costs what was acknowledged since.
        case every(Duration)
    }

    /// The folder that holds everything; made where it is missing.
    public var dataDirectory: String
    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 for one that the system chooses.
    public var port: Int
    /// The host that clients are told to connect to; nil for `host`.
    public var advertisedHost: String?
    /// The port that clients are told to connect to; nil for the one listened on.
    public var advertisedPort: Int?
    /// The broker's number in its cluster of one.
    public var nodeID: Int32 = 1

    /// When appended records are on the disk.
    public var sync = Sync.never
    /// The size at which a segment of a partition's log is closed and the next one begun, in bytes.
    public var segmentBytes = 256 << 20
    /// How many bytes a partition keeps at most (whole segments are removed); nil for no bound. Topics may say otherwise.
    public var retentionBytes: Int?
    /// How long records are kept (whole segments are removed); nil for ever. Topics may say otherwise.
    public var retention: Duration?
    /// The largest record batch taken, in bytes. Topics may say otherwise.
    public var maxBatchBytes = 16 << 20
    /// Whether the records inside a batch are looked at before it is taken, and not only its checksum: then no consumer
    /// meets with records that it cannot read.
    public var checksRecords = true

    /// Whether asking for a topic's metadata makes the topic, where the client allows it.
    public var autoCreateTopics = false
    /// How many partitions a topic has that does not say.
    public var defaultPartitions: Int32 = 1
    /// How many partitions there may be in all; fewer where the process may not open twice as many files.
    public var maxPartitions = 10_000

    /// The largest request taken, in bytes.
    public var maxRequestBytes = 64 << 20
    /// How many bytes of large requests may be in memory at once, over all connections. Only requests that bring records
    /// may be larger than about a megabyte. An eighth as much is for those that wait for what they ask for; where that is
    /// used up a large fetch is answered at once, with what there is, and a large join is to be tried again.
    public var requestMemory = 256 << 20
    /// How many bytes of fetched batches, and of other large answers, may be in memory at once, over all connections;
    /// about, since each fetch gets at least one batch.
    public var fetchMemory = 256 << 20
    /// How many bytes of the logs' tails are kept in memory for consumers that follow.
    public var tailMemory = 128 << 20
    /// How many bytes the committed offsets of all groups may take, with what clients said of them.
    public var offsetMemory = 128 << 20
    /// How many connections there may be at once; fewer where the process may not open four times as many files.
    public var maxConnections = 4_000
    /// How long a connection may be silent.
    public var idleTimeout = Duration.seconds(600)
    /// How long a request may take to arrive once its first byte is there, and an answer to be taken.
    public var requestTimeout = Duration.seconds(30)
    /// How long a client may fall silent in the middle of a large request: it holds memory that others wait for.
    public var stallTimeout = Duration.seconds(5)

    /// How long a new group waits for more members before its first generation.
    public var groupInitialRebalanceDelay = Duration.milliseconds(100)
    /// The shortest session timeout that a group's member may have.
    public var groupMinSessionTimeout = Duration.seconds(1)
    /// The longest session timeout that a group's member may have.
    public var groupMaxSessionTimeout = Duration.seconds(1800)

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - dataDirectory: The folder that holds everything.
    ///   - host: The address to listen on.
    ///   - port: The port to listen on; 0 for one that the system chooses.
    public init(dataDirectory: String, host: String = "127.0.0.1", port: Int = 9092) {
        self.dataDirectory = dataDirectory
        self.host = host
        self.port = port
    }

    /// The same with no more connections and partitions than so many open files allow: whatever clients do, logs can be
    /// written and read.
    func bounded(byOpenFiles limit: Int) -> BrokerConfiguration {
        var bounded = self
        bounded.maxConnections = min(maxConnections, max(limit / 4, 1))
        bounded.maxPartitions = min(maxPartitions, max(limit / 2, 1))
        return bounded
    }

    func validate() throws(BrokerError) {
        func require(_ holds: Bool, _ message: String) throws(BrokerError) {
            guard holds else { throw BrokerError(.configuration, message) }
        }
        try require(!dataDirectory.isEmpty, "the broker's data folder has no name")
        try require((0...65_535).contains(port), "the broker's port \(port) is not between 0 and 65535")
        try require(segmentBytes >= 1 << 20 && segmentBytes <= 1 << 31, "a segment has 1 MiB to 2 GiB")
        try require(maxBatchBytes >= 1 << 10 && maxBatchBytes <= maxRequestBytes, "a batch must fit into a request")
        try require(maxRequestBytes <= requestMemory, "a request must fit into the memory for requests")
        try require(maxPartitions > 0 && defaultPartitions > 0, "there must be room for partitions")
        try require(maxConnections > 0, "there must be room for connections")
    }
}
