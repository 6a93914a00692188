import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// A consumer's state and decisions: what is fetched, what waits for the reader, where reading stands.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on `loop` alone.
final class ConsumerCore: @unchecked Sendable {
    let configuration: ConsumerConfiguration
    let loop: EventLoop
    let cluster: Cluster
    let logger = Logger(label: "kafka.consumer")

    /// The partitions that are read now.
    private(set) var states: [TopicPartition: FetchState] = [:]
    /// Brokers that have a fetch to answer.
    private var fetching: Set<Int32> = []
    private var alarms: [Int32: LoopTimer] = [:]
    private var turn = 0

    private var ready = Fifo<FetchedRecords>()
    private var bufferedBytes = 0
    /// Whether a broker was not asked since the buffer was full: nothing but room makes it be asked again.
    private var isHeldBack = false
    /// Announces records, failures and the end to the reader.
    private let arrival: LoopSignal
    /// Announces that the reader waits for more: it is done with what it had.
    let idle: LoopSignal
    /// Whether the reader waits in `next`, or never was there.
    private(set) var isIdle = true
    private(set) var failure: KafkaError?
    /// Called when reading has failed for good.
    var onFailure: (KafkaError) -> Void = { _ in }

    init(_ configuration: ConsumerConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        cluster = Cluster(configuration.kafka, on: loop)
        arrival = LoopSignal(on: loop)
        idle = LoopSignal(on: loop)
        cluster.onMetadata = { [weak self] in
            self?.noticeNewTopics()
            self?.fetchAll()
        }
        cluster.onLinkReady = { [weak self] broker in self?.fetch(broker) }
    }

    // MARK: The reader

    /// The next records; nil where none came in time.
    func next(until deadline: Deadline) async throws(KafkaError) -> FetchedRecords? {
        isIdle = true
        idle.signal()
        while true {
            if let failure { throw failure }
            while let records = ready.popFirst() {
                bufferedBytes -= records.byteCount
                defer { fetchHeldBack() }
                guard let state = states[records.partition] else { continue }
                state.bufferedBytes -= records.byteCount
                if let leader = cluster.metadata.partition(records.partition)?.leader { fetch(leader) }
                guard let checked = check(records, state) else { continue }
                state.delivered = checked.nextOffset
                isIdle = false
                return checked
            }
            if Task.isCancelled { throw .cancelled }
            if Deadline.now >= deadline { return nil }
            switch await arrival.waitEnd(until: deadline) {
            case .signalled, .deadline: continue
            case .cancelled: throw .cancelled
            case .closed: throw .loopEnded
            }
        }
    }

    /// Verifies the checksums. Records that were damaged on their way are fetched again; nil then. What is damaged time and
    /// again is so in the log: it is given out for what it is, and hides nothing that comes after it.
    private func check(_ records: FetchedRecords, _ state: FetchState) -> FetchedRecords? {
        guard let fault = records.fault else {
            state.failures = 0
            var verified = records
            verified.isVerified = true
            return verified
        }
        state.failures += 1
        logger.warning(
            "damaged records", metadata: ["partition": records.partition.description, "fault": fault.message])
        if state.failures > 3 {
            state.failures = 0
            return records
        }
        state.position = records.firstOffset
        backOff(state)
        drop { $0.partition == records.partition }
        // A fetch that ended before now did not set the timer for the end of the back-off.
        fetchAll()
        return nil
    }

    /// Ends reading for good: the reader is told why, and whoever keeps the partitions gives them back.
    func fail(_ error: KafkaError) {
        guard failure == nil else { return }
        failure = error
        arrival.signal()
        idle.signal()
        onFailure(error)
    }

    // MARK: Partitions

    /// Begins to read partitions at the given offsets.
    func begin(_ positions: [TopicPartition: Int64]) {
        for (partition, position) in positions {
            let state = FetchState(partition)
            state.position = position
            state.delivered = position
            states[partition] = state
        }
        cluster.follow(Set(positions.keys.map(\.topic)))
        fetchAll()
    }

    /// Ends reading partitions; what waits of them is dropped.
    func end(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions { states[partition] = nil }
        drop { states[$0.partition] == nil }
        fetchHeldBack()
    }

    private func drop(where matches: (FetchedRecords) -> Bool) {
        ready.removeAll { records in
            guard matches(records) else { return false }
            bufferedBytes -= records.byteCount
            states[records.partition]?.bufferedBytes -= records.byteCount
            return true
        }
    }

    /// Goes on reading at another offset.
    func seek(_ partition: TopicPartition, to offset: Int64) throws(KafkaError) {
        guard let state = states[partition] else { throw notAssigned(partition) }
        restart(state, at: offset)
        fetchAll()
    }

    /// Reads a partition anew from another place, or from one that is yet to be found; what was fetched of it is dropped.
    @discardableResult
    func restart(_ old: FetchState, at position: Int64?) -> FetchState {
        drop { $0.partition == old.partition }
        // What is on its way comes for a state that is no longer there.
        let state = FetchState(old.partition)
        state.position = position
        state.delivered = position
        state.isPaused = old.isPaused
        states[old.partition] = state
        return state
    }

    func pause(_ partitions: some Sequence<TopicPartition>, _ isPaused: Bool) {
        for partition in partitions { states[partition]?.isPaused = isPaused }
        if !isPaused { fetchAll() }
    }

    func notAssigned(_ partition: TopicPartition) -> KafkaError {
        KafkaError(
            .notAssigned, "the partition is not assigned to this consumer", topic: partition.topic,
            partition: partition.partition)
    }

    // MARK: Fetching

    /// Asks every leader for what is wanted of it.
    func fetchAll() {
        isHeldBack = false
        var leaders: Set<Int32> = []
        var isLeaderless = false
        for state in states.values {
            let leader = cluster.metadata.partition(state.partition)?.leader ?? -1
            if leader >= 0 { leaders.insert(leader) } else { isLeaderless = true }
        }
        for leader in leaders { fetch(leader) }
        if isLeaderless { cluster.wantsRefresh() }
    }

    /// Asks the brokers that were not asked since the buffer was full, once it has room again.
    private func fetchHeldBack() {
        if isHeldBack, bufferedBytes < configuration.prefetchBytes { fetchAll() }
    }

    /// Asks a broker for the partitions that it leads, unless it has a fetch to answer, or enough waits already.
    private func fetch(_ broker: Int32) {
        guard failure == nil, !fetching.contains(broker) else { return }
        guard bufferedBytes < configuration.prefetchBytes else {
            isHeldBack = true
            return
        }
        let now = Deadline.now
        var wanted: [(FetchState, Int64, Int32)] = []
        for state in states.values {
            guard let known = cluster.metadata.partition(state.partition), known.leader == broker else { continue }
            guard let position = state.position, !state.isPaused, !state.isInFlight else { continue }
            guard state.bufferedBytes < 2 * configuration.fetchMaxPartitionBytes else { continue }
            guard state.notBefore <= now else {
                alarm(broker, at: state.notBefore)
                continue
            }
            wanted.append((state, position, known.leaderEpoch))
        }
        guard !wanted.isEmpty, let link = cluster.link(to: broker) else { return }
        guard link.isReady else { return link.wake() }
        send(wanted, to: broker, over: link)
    }

    private func alarm(_ broker: Int32, at time: Deadline) {
        guard alarms[broker] == nil else { return }
        alarms[broker] = loop.schedule(at: time) { [weak self] in
            self?.alarms[broker] = nil
            self?.fetch(broker)
        }
    }

    private func send(_ wanted: [(FetchState, Int64, Int32)], to broker: Int32, over link: BrokerLink) {
        var request = FetchRequest()
        request.maxWaitMs = Int32(clamping: configuration.fetchMaxWait.milliseconds)
        request.minBytes = Int32(clamping: configuration.fetchMinBytes)
        request.maxBytes = Int32(clamping: configuration.fetchMaxBytes)
        request.isolationLevel = configuration.isolation == .readCommitted ? 1 : 0
        var topics: [String: [FetchRequest.Partition]] = [:]
        // A different partition comes first each time, so that none starves where the answer is cut off.
        turn += 1
        for index in wanted.indices {
            let (state, position, epoch) = wanted[(index + turn) % wanted.count]
            state.isInFlight = true
            state.topicID = state.topicID ?? cluster.metadata.topics[state.partition.topic]?.id
            topics[state.partition.topic, default: []].append(
                FetchRequest.Partition {
                    $0.partition = state.partition.partition
                    $0.currentLeaderEpoch = epoch
                    $0.fetchOffset = position
                    $0.partitionMaxBytes = Int32(clamping: configuration.fetchMaxPartitionBytes)
                })
        }
        var hasIDs = true
        for (name, partitions) in topics {
            let id = cluster.metadata.topics[name]?.id ?? .zero
            if id.isZero { hasIDs = false }
            request.topics.append(
                FetchRequest.Topic {
                    $0.topic = name
                    $0.topicID = id
                    $0.partitions = partitions
                })
        }
        fetching.insert(broker)
        let timeout = configuration.kafka.requestTimeout + configuration.fetchMaxWait
        // Topics go by their ids from version 13 on: not where the cluster gives none.
        link.send(request, limit: hasIDs ? .max : 12, timeout: timeout) { [self] result in
            fetching.remove(broker)
            for (state, _, _) in wanted { state.isInFlight = false }
            switch result {
            case .success(let response): received(response, for: wanted)
            case .failure(let error): failed(wanted, error)
            }
            fetch(broker)
            if !ready.isEmpty { arrival.signal() }
        }
    }

    private func failed(_ wanted: [(FetchState, Int64, Int32)], _ error: KafkaError) {
        if !error.isRetriable, error.code != .closed { return fail(error) }
        for (state, _, _) in wanted { backOff(state) }
        cluster.wantsRefresh()
    }

    func backOff(_ state: FetchState) {
        state.failures += 1
        state.notBefore = Deadline.now + configuration.kafka.retryBackoff.delay(attempt: state.failures)
    }

    private func received(_ response: FetchResponse, for wanted: [(FetchState, Int64, Int32)]) {
        guard response.errorCode == .none else {
            let error = KafkaError(server: response.errorCode, "nothing was fetched")
            return failed(wanted, error)
        }
        var asked: [TopicPartition: (FetchState, Int64)] = [:]
        for (state, position, _) in wanted { asked[state.partition] = (state, position) }
        for topic in response.responses {
            let name = topic.topicID.isZero ? topic.topic : cluster.metadata.names[topic.topicID] ?? topic.topic
            for data in topic.partitions {
                let partition = TopicPartition(name, data.partitionIndex)
                guard let (state, position) = asked[partition] else { continue }
                // The partition may have been taken away, or sought elsewhere, meanwhile.
                guard states[partition] === state, state.position == position else { continue }
                // Brokers of before version 13 name topics alone.
                let id = topic.topicID.isZero ? cluster.metadata.topics[name]?.id ?? .zero : topic.topicID
                take(data, of: id, state, position)
            }
        }
    }

    private func take(
        _ data: FetchResponse.PartitionData, of topicID: KafkaUUID, _ state: FetchState, _ position: Int64
    ) {
        switch data.errorCode {
        case .none:
            state.highWatermark =
                configuration.isolation == .readCommitted && data.lastStableOffset >= 0
                ? data.lastStableOffset : data.highWatermark
            guard let records = data.records, !records.isEmpty else {
                state.failures = 0
                state.stall.moved()
                return
            }
            let end = max(data.highWatermark, data.lastStableOffset)
            let whole = BatchFrames(records, from: position, to: end).extent
            guard whole.byteCount > 0 else { return stalled(state, position, records.count) }
            state.stall.moved()
            let fetched = FetchedRecords(
                partition: state.partition, topicID: topicID, firstOffset: position, nextOffset: whole.nextOffset,
                highWatermark: state.highWatermark, batches: records.prefix(whole.byteCount),
                aborted: configuration.isolation == .readCommitted ? data.abortedTransactions ?? [] : [])
            state.position = fetched.nextOffset
            state.bufferedBytes += fetched.byteCount
            bufferedBytes += fetched.byteCount
            ready.append(fetched)
        case .offsetOutOfRange:
            outOfRange(state, position)
        default:
            let error = KafkaError(
                server: data.errorCode, "a partition was not fetched", topic: state.partition.topic,
                partition: state.partition.partition)
            guard error.isRetriable else { return fail(error) }
            if data.currentLeader.leaderID >= 0 {
                cluster.learn(
                    state.partition, leader: data.currentLeader.leaderID, epoch: data.currentLeader.leaderEpoch)
            }
            backOff(state)
            cluster.wantsRefresh()
        }
    }

    /// Bytes came, but no whole batch that goes on where the partition was read: they are damaged, or cut off too early.
    private func stalled(_ state: FetchState, _ position: Int64, _ byteCount: Int) {
        backOff(state)
        guard let times = state.stall.stalled(at: .now) else { return }
        logger.warning(
            "a partition cannot be read on: fetches bring no whole record batch",
            metadata: [
                "partition": state.partition.description, "offset": "\(position)", "bytes": byteCount, .count: times,
            ])
    }
}
