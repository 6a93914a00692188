import KafkaProtocol
import Telemetry
import Transport

/// A client's view of a cluster: the links to its brokers, and what is known of topics and leaders.
///
/// - Safety: `Sendable` though it has plain state, because all of it is touched on `loop` alone.
final class Cluster: @unchecked Sendable {
    /// What a link is for: a request that a broker holds back must not hold up others.
    enum Purpose: Hashable {
        /// Records: produce requests, or fetches.
        case data
        /// Short calls: metadata, offsets, administration.
        case calls
        /// The group's coordinator, which holds JoinGroup back for as long as a rebalance takes.
        case group
    }

    private struct LinkKey: Hashable {
        let broker: Int32
        let purpose: Purpose
    }

    let configuration: KafkaConfiguration
    let loop: EventLoop
    let logger = Logger(label: "kafka.cluster")

    private(set) var metadata = ClusterMetadata()
    /// Called when `metadata` has changed.
    var onMetadata: () -> Void = {}
    /// Called when a data link can take requests.
    var onLinkReady: (Int32) -> Void = { _ in }

    private var links: [LinkKey: BrokerLink] = [:]
    private var bootstrap: [BrokerLink] = []
    private var turn = 0
    private var wanted: Set<String> = []
    private var isRefreshWanted = false
    private(set) var isClosed = false
    /// How many times metadata came, and how often it failed to come since.
    private(set) var round = 0
    private var failures = 0
    private(set) var lastError: KafkaError?

    /// Announces each round of metadata, and each failure.
    private let rounds: LoopSignal
    private let refresh: LoopSignal
    /// Tasks that wait to be started by `run`.
    private var starting: [@Sendable () async -> Void] = []
    private let start: LoopSignal

    init(_ configuration: KafkaConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        rounds = LoopSignal(on: loop)
        refresh = LoopSignal(on: loop)
        start = LoopSignal(on: loop)
        for endpoint in configuration.brokers {
            let link = BrokerLink(to: endpoint, on: loop, configuration)
            bootstrap.append(link)
            starting.append { await link.run() }
        }
    }

    // MARK: Life

    /// Owns the links' tasks and those that are spawned, until `close` or cancellation.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepFresh() }
            while !isClosed, !Task.isCancelled {
                let bodies = starting
                starting = []
                for body in bodies { group.addTask { await body() } }
                if starting.isEmpty { await start.pause() }
            }
            close()
            group.cancelAll()
        }
    }

    /// Runs a task as long as the cluster runs.
    func spawn(_ body: @escaping @Sendable () async -> Void) {
        starting.append(body)
        start.signal()
    }

    /// Ends all connections and tasks.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for link in links.values { link.close() }
        for link in bootstrap { link.close() }
        rounds.signal()
        refresh.signal()
        start.signal()
    }

    // MARK: Links

    private func makeLink(to endpoint: Endpoint) -> BrokerLink {
        let link = BrokerLink(to: endpoint, on: loop, configuration)
        spawn { await link.run() }
        return link
    }

    /// The link to a broker, or nil where no such broker is known.
    func link(to broker: Int32, for purpose: Purpose = .data) -> BrokerLink? {
        guard let known = metadata.brokers[broker], !isClosed else { return nil }
        let endpoint = Endpoint.tcp(host: known.host, port: Int(known.port))
        let key = LinkKey(broker: broker, purpose: purpose)
        if let link = links[key] {
            if link.endpoint == endpoint { return link }
            link.close()
        }
        let link = makeLink(to: endpoint)
        if purpose == .data {
            link.onReady = { [weak self] in self?.onLinkReady(broker) }
        }
        // A connection that breaks often means that leaders move.
        link.onDown = { [weak self] in self?.wantsRefresh() }
        links[key] = link
        return link
    }

    /// Whether any broker is connected.
    var isConnected: Bool { links.values.contains { $0.isReady } || bootstrap.contains { $0.isReady } }

    /// A link for a call that any broker answers: a connected one, else each in turn.
    func anyLink() -> BrokerLink {
        let brokers = metadata.brokers.keys.sorted()
        for broker in brokers {
            if let link = links[LinkKey(broker: broker, purpose: .calls)], link.isReady { return link }
        }
        turn += 1
        let index = turn % (brokers.count + bootstrap.count)
        if index < brokers.count, let link = link(to: brokers[index], for: .calls) { return link }
        return bootstrap[turn % bootstrap.count]
    }

    // MARK: Metadata

    /// Asks for fresh metadata, soon.
    func wantsRefresh() {
        guard !isRefreshWanted else { return }
        isRefreshWanted = true
        refresh.signal()
    }

    /// Takes over a leader that an answer named.
    func learn(_ partition: TopicPartition, leader: Int32, epoch: Int32) {
        metadata.update(partition, leader: leader, epoch: epoch)
        loop.execute { [weak self] in self?.onMetadata() }
    }

    /// Keeps the topics' metadata fresh from now on.
    func follow(_ topics: some Sequence<String>) {
        for topic in topics where wanted.insert(topic).inserted { wantsRefresh() }
    }

    /// What is known of a topic, once it is known.
    ///
    /// - Throws: `.unknownTopic` where brokers go on saying that there is none: one that was just made takes a while to
    ///   be known to all of them.
    func topic(_ name: String) async throws(KafkaError) -> ClusterMetadata.Topic {
        if let topic = metadata.topics[name] { return topic }
        wanted.insert(name)
        let deadline = Deadline.now + configuration.callTimeout
        let patience = Deadline.now + min(configuration.callTimeout, .seconds(5))
        while true {
            if isClosed { throw KafkaError(.closed, "the client is closed") }
            let before = round
            wantsRefresh()
            await rounds.pause(until: deadline)
            if let topic = metadata.topics[name] { return topic }
            if Task.isCancelled { throw KafkaError(.cancelled, "cancelled") }
            if round > before, let refusal = metadata.refusals[name] {
                if !refusal.isRetriable || (refusal == .unknownTopicOrPartition && Deadline.now >= patience) {
                    wanted.remove(name)
                    throw KafkaError(server: refusal, "the topic is not there", topic: name)
                }
            }
            guard Deadline.now < deadline else {
                throw lastError
                    ?? KafkaError(.timeout, "nothing was learnt of the topic", topic: name, isRetriable: true)
            }
        }
    }

    private func keepFresh() async {
        while !isClosed, !Task.isCancelled {
            if !isRefreshWanted { await refresh.pause(until: .after(configuration.metadataMaxAge)) }
            guard !isClosed, !Task.isCancelled else { return }
            if !isRefreshWanted, wanted.isEmpty, round == 0 { continue }
            isRefreshWanted = false
            do throws(KafkaError) {
                try await refreshOnce()
                failures = 0
                // Leaders that move do so in bursts: one look in a while is enough.
                try await pause(configuration.retryBackoff.delay(attempt: 1))
            } catch {
                if error.code == .cancelled || isClosed { return }
                failures += 1
                lastError = error
                logger.debug("no metadata", metadata: ["reason": error.description])
                rounds.signal()
                isRefreshWanted = true
                do { try await pause(configuration.retryBackoff.delay(attempt: failures)) } catch { return }
            }
        }
    }

    private func refreshOnce() async throws(KafkaError) {
        let request = MetadataRequest {
            $0.topics = wanted.sorted().map { name in MetadataRequest.Topic { $0.name = name } }
            $0.allowAutoTopicCreation = false
        }
        let timeout = min(configuration.requestTimeout, .seconds(5))
        let response = try await anyLink().call(request, timeout: timeout)
        guard response.errorCode == .none else { throw KafkaError(server: response.errorCode, "no metadata") }
        metadata.update(response)
        round += 1
        for (key, link) in links where metadata.brokers[key.broker] == nil {
            link.close()
            links[key] = nil
        }
        onMetadata()
        rounds.signal()
    }

    /// Waits for the next round of metadata, or the next failure to get it.
    func nextRound(until deadline: Deadline) async { await rounds.pause(until: deadline) }

    func pause(_ duration: Duration) async throws(KafkaError) {
        do {
            try await loop.sleep(until: .after(duration))
        } catch {
            throw KafkaError(.cancelled, "cancelled")
        }
    }
}
