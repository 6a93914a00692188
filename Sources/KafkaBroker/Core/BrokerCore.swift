import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// What the broker keeps and decides: topics, logs, groups, offsets.
///
/// - Safety: `Sendable` though it holds changing state, so that connections on other loops can hold it: everything in
///   it is touched on `loop`'s thread alone. Its door is `answer`, which checks that, and so does `LoopSignal`.
final class BrokerCore: @unchecked Sendable {
    let configuration: BrokerConfiguration
    let loop: EventLoop
    let logger = Logger(label: "broker")
    let metrics: BrokerMetrics
    let decompressor = RecordDecompressor()

    var catalog: Catalog
    var topics: [String: Topic] = [:]
    var topicNames: [KafkaUUID: String] = [:]
    let catalogLock = LoopMutex()
    let largeChecks = LoopMutex()
    var producerIDs: Range<Int64>

    var coordinator: GroupCoordinator
    var offsets: OffsetStore
    var offsetQueue: JournalQueue?
    var groupWaits: [GroupTicket: GroupWait] = [:]
    var nextTicket: GroupTicket = 1
    let groupsChanged: LoopSignal
    /// When the coordinator will next be looked at, in its milliseconds.
    var groupsDue = Int64.max

    let requestBudget: Budget
    /// For large requests whose answer waits for something: for minutes, if the client likes, so they must not take what
    /// other requests wait for.
    let waitingBudget: Budget
    let answerBudget: Budget
    /// Where clients are told to connect to; set once the port is known.
    var advertised: (host: String, port: Int)
    private let start = Deadline.now
    /// Held as long as the broker works on the folder.
    private let lock: FolderLock

    init(_ stored: StoredBroker, configuration: BrokerConfiguration, loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        metrics = BrokerMetrics()
        catalog = stored.catalog
        producerIDs = stored.catalog.nextProducerID..<stored.catalog.nextProducerID
        coordinator = GroupCoordinator(
            settings: GroupSettings(
                sessionTimeouts: configuration.groupMinSessionTimeout
                    .milliseconds...max(
                        configuration.groupMinSessionTimeout.milliseconds,
                        configuration.groupMaxSessionTimeout.milliseconds),
                initialRebalanceDelay: configuration.groupInitialRebalanceDelay.milliseconds),
            makeID: { KafkaUUID.random().description })
        offsets = stored.offsets
        lock = stored.lock
        groupsChanged = LoopSignal(on: loop)
        requestBudget = Budget(configuration.requestMemory, on: loop)
        waitingBudget = Budget(configuration.requestMemory / 8, on: loop)
        answerBudget = Budget(configuration.fetchMemory, on: loop)
        advertised = (configuration.advertisedHost ?? configuration.host, configuration.advertisedPort ?? 0)
        for topic in stored.catalog.topics.values {
            publish(topic, logs: stored.logs[topic.name] ?? [])
        }
        for orphan in offsets.orphans(isThere: { catalog.topics[$0]?.id == $1 }) {
            offsets.remove(orphan.group, orphan.key)
        }
        offsetQueue = JournalQueue(
            stored.offsetJournal, size: stored.offsetJournalSize, sync: configuration.sync == .eachCommit,
            written: { [unowned self] entry in
                // What this broker wrote itself it can read.
                do {
                    let committed = try offsets.apply(entry)
                    // Its topic may have gone while it was written.
                    guard let committed, catalog.topics[committed.key.topic]?.id != committed.topicID else { return }
                    offsets.remove(committed.group, committed.key)
                } catch {
                    logger.error("an offset entry cannot be read: \(error)")
                }
            },
            compacted: { [unowned self] size in
                size > 1 << 20 && size > offsets.liveBytes * 4 ? offsets.snapshot() : nil
            })
    }

    /// Milliseconds on the clock that the group coordinator lives by.
    var now: Int64 { start.duration(to: .now).milliseconds }

    /// Tells clients to come to the port that is listened on, unless they are to be told another.
    func advertise(port: Int) { advertised.port = configuration.advertisedPort ?? port }

    // MARK: Topics

    /// Serves a topic, or its further partitions.
    func publish(_ info: Catalog.Topic, logs: [RecoveredLog]) {
        let maxBatchBytes = info.settings["max.message.bytes"].flatMap(Int.init) ?? configuration.maxBatchBytes
        var settings = PartitionLog.Settings()
        settings.segmentBytes = info.settings["segment.bytes"].flatMap(Int.init) ?? configuration.segmentBytes
        settings.syncEachCommit = configuration.sync == .eachCommit
        let partitions = logs.map {
            Partition(log: PartitionLog($0, settings: settings), maxBatchBytes: maxBatchBytes)
        }
        catalog.topics[info.name] = info
        topicNames[info.id] = info.name
        if let topic = topics[info.name] {
            topic.extend(info, with: partitions)
        } else {
            topics[info.name] = Topic(info, partitions: partitions)
        }
        shareTailMemory()
    }

    /// Stops serving a topic.
    func withdraw(_ topic: Topic) {
        catalog.topics[topic.name] = nil
        topics[topic.name] = nil
        topicNames[topic.id] = nil
        topic.partitions.forEach { $0.delete() }
        shareTailMemory()
    }

    var partitionCount: Int { topics.values.reduce(0) { $0 + $1.partitions.count } }

    /// Gives each partition's tail its share of the memory.
    private func shareTailMemory() {
        let share = min(max(configuration.tailMemory / max(partitionCount, 1), 64 << 10), 8 << 20)
        for topic in topics.values {
            for partition in topic.partitions {
                partition.log.tailLimit = share
                partition.log.trimTail()
            }
        }
    }

    func topic(id: KafkaUUID) -> Topic? { topicNames[id].flatMap { topics[$0] } }

    /// Puts the catalog in place; nothing is changed where that fails.
    func store(_ catalog: Catalog) async throws(BrokerError) {
        let path = StoredBroker.catalogPath(configuration.dataDirectory)
        let bytes = catalog.sealed()
        try await BlockingPool.run { () throws(BrokerError) in try Folder.replace(path, with: bytes) }
        self.catalog = catalog
    }

    /// Tells the operator of a disk that failed.
    func report(_ error: BrokerError) {
        metrics.storageErrors += 1
        logger.error("the disk failed: \(error.message)")
    }
}
