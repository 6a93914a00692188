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
    /// How many times metadata came.
    private(set) var round = 0
    private var lastRefresh = Deadline.distantPast
    private var attempts: Attempts
    private(set) var lastError: KafkaError?
    private var outage = OutageReporter()
    private var outageTimer: LoopTimer?

    /// Announces each round of metadata, each failure, and the end.
    private let rounds: LoopSignal
    private let refresh: LoopSignal
    private let ended: LoopSignal
    /// Tasks that wait to be started by `run`.
    private var starting: [@Sendable () async -> Void] = []
    private let start: LoopSignal

    init(_ configuration: KafkaConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        attempts = Attempts(configuration.retryBackoff)
        rounds = LoopSignal(on: loop)
        refresh = LoopSignal(on: loop)
        ended = LoopSignal(on: loop)
        start = LoopSignal(on: loop)
        for endpoint in configuration.brokers {
            let link = BrokerLink(to: endpoint, on: loop, configuration)
            link.onEvent = { [weak self] event in
                if case .down = event { self?.wantsRefresh() }
            }
            bootstrap.append(link)
            starting.append { await link.run() }
        }
    }

    // MARK: Life

    /// Owns the links' tasks and those that are spawned, until `close` or cancellation.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepFresh() }
            running: while !isClosed {
                let bodies = starting
                starting = []
                for body in bodies { group.addTask { await body() } }
                guard starting.isEmpty else { continue }
                switch await start.waitEnd() {
                case .signalled, .deadline: continue
                case .cancelled, .closed: break running
                }
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
        outageTimer?.cancel()
        for signal in [rounds, refresh, ended, start] { signal.signal() }
    }

    /// Waits, for as long as the client lives.
    ///
    /// - Throws: `.cancelled`, `.closed`.
    func pause(_ duration: Duration) async throws(KafkaError) {
        if isClosed { throw closed }
        switch await ended.waitEnd(until: .after(duration)) {
        case .deadline: return
        case .signalled: throw closed
        case .cancelled: throw .cancelled
        case .closed: throw .loopEnded
        }
    }

    var closed: KafkaError { KafkaError(.closed, "the client is closed") }

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
        let old = links[key]
        if let old, old.endpoint == endpoint { return old }
        // What the old one leaves unanswered may look for the new one: so that one is in its place first.
        defer { old?.retire() }
        let link = makeLink(to: endpoint)
        link.onEvent = { [weak self] event in
            switch event {
            case .ready: if purpose == .data { self?.onLinkReady(broker) }
            // A connection that breaks often means that leaders move.
            case .down: self?.wantsRefresh()
            }
        }
        links[key] = link
        return link
    }

    /// Whether any broker is connected.
    var isConnected: Bool { links.values.contains { $0.isReady } || bootstrap.contains { $0.isReady } }

    /// A link for a call that any broker answers: a connected one, else each in turn.
    ///
    /// - Throws: `.configuration` where no broker was ever named.
    func anyLink() throws(KafkaError) -> BrokerLink {
        let brokers = metadata.brokers.keys.sorted()
        for broker in brokers {
            if let link = links[LinkKey(broker: broker, purpose: .calls)], link.isReady { return link }
        }
        guard !bootstrap.isEmpty else { throw KafkaError(.configuration, "no broker is named to begin with") }
        turn += 1
        let index = turn % (brokers.count + bootstrap.count)
        if index < brokers.count, let link = link(to: brokers[index], for: .calls) { return link }
        return bootstrap[turn % bootstrap.count]
    }

    // MARK: Metadata

    /// Waits for the next round of metadata, or the next failure to get it.
    func nextRound(until deadline: Deadline) async -> WaitEnd { await rounds.waitEnd(until: deadline) }

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
        let deadline = Deadline.now + configuration.callTimeout
        let patience = Deadline.now + min(configuration.callTimeout, .seconds(5))
        while true {
            if isClosed { throw closed }
            // Another caller whose patience ended before may have taken it out.
            wanted.insert(name)
            let before = round
            wantsRefresh()
            switch await rounds.waitEnd(until: deadline) {
            case .signalled, .deadline: break
            case .cancelled: throw .cancelled
            case .closed: throw .loopEnded
            }
            if let topic = metadata.topics[name] { return topic }
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

    /// Waits for the first metadata.
    func learnBrokers() async throws(KafkaError) {
        let deadline = Deadline.now + configuration.callTimeout
        while round == 0 {
            if isClosed { throw closed }
            wantsRefresh()
            switch await rounds.waitEnd(until: deadline) {
            case .signalled: continue
            case .deadline: throw lastError ?? KafkaError(.timeout, "no broker answered", isRetriable: true)
            case .cancelled: throw .cancelled
            case .closed: throw .loopEnded
            }
        }
    }

    private func keepFresh() async {
        while !isClosed {
            if !isRefreshWanted {
                switch await refresh.waitEnd(until: nextRefresh) {
                case .signalled: continue
                case .deadline: guard nextRefresh <= Deadline.now else { continue }
                case .cancelled, .closed: return
                }
            }
            isRefreshWanted = false
            do throws(KafkaError) {
                try await refreshOnce()
                attempts.succeeded()
                // Leaders that move do so in bursts: one look in a while is enough.
                try await pause(configuration.retryBackoff.delay(attempt: 1))
            } catch {
                // Cancelled or closed: nothing more is to be known.
                if error.code == .cancelled || isClosed { return }
                lastError = error
                outage.failed(error)
                logger.debug("no metadata", metadata: ["reason": error.description])
                rounds.signal()
                isRefreshWanted = true
                do { try await pause(attempts.failed()) } catch { return }
            }
        }
    }

    /// When metadata is asked for although nobody wants it: where it is old; and, sooner, where no broker has said
    /// anything for a while, since that is how a broker that hangs is found out.
    private var nextRefresh: Deadline {
        guard round > 0, !wanted.isEmpty else { return .never }
        let heard = max(lastRefresh, links.values.map(\.lastHeard).max() ?? .distantPast)
        return min(lastRefresh + configuration.metadataMaxAge, heard + configuration.silenceLimit)
    }

    private func refreshOnce() async throws(KafkaError) {
        let request = MetadataRequest {
            $0.topics = wanted.sorted().map { name in MetadataRequest.Topic { $0.name = name } }
            $0.allowAutoTopicCreation = false
        }
        let timeout = min(configuration.requestTimeout, .seconds(5))
        let link = try anyLink()
        outage.asked(link.broker, now: .now)
        setOutageTimer()
        let response = try await link.call(request, timeout: timeout)
        guard response.errorCode == .none else { throw KafkaError(server: response.errorCode, "no metadata") }
        // A broker that is starting may know of none, itself included: that says nothing of the cluster.
        guard !response.brokers.isEmpty else {
            throw KafkaError(
                .connection, "the broker knows of no brokers yet", broker: link.broker, isRetriable: true)
        }
        metadata.update(response)
        round += 1
        lastRefresh = .now
        retireLinks()
        if let report = outage.answered(link.broker, now: .now) { log(report) }
        onMetadata()
        rounds.signal()
    }

    /// Ends connections to brokers that the cluster has no more, or has at another address.
    private func retireLinks() {
        for (key, link) in links {
            let known = metadata.brokers[key.broker].map { Endpoint.tcp(host: $0.host, port: Int($0.port)) }
            guard known != link.endpoint else { continue }
            links[key] = nil
            link.retire()
        }
    }
}

/// Whether brokers can be reached.
extension Cluster {
    /// Why no broker can be asked for anything now; nil where all is well, as far as this client has tried.
    var problem: KafkaError? {
        if isClosed { return closed }
        let isReached = round > 0 && isConnected
        guard !isReached || outage.isOutage(now: .now) else { return nil }
        let reason = outage.lastError.map { ": \($0.description)" } ?? ""
        return KafkaError(.connection, "no broker answers\(reason)", isRetriable: true)
    }

    private func setOutageTimer() {
        guard let next = outage.nextLook, outageTimer == nil else { return }
        outageTimer = loop.schedule(at: next) { [weak self] in
            guard let self, !isClosed else { return }
            outageTimer = nil
            if let report = outage.look(now: .now) { log(report) }
            setOutageTimer()
        }
    }

    private func log(_ report: OutageReporter.Report) {
        switch report {
        case .outage(let brokers, let reason, let lasted):
            logger.warning(
                "no broker answers",
                metadata: [
                    .broker: brokers.joined(separator: ","), .error: reason,
                    .milliseconds: lasted.milliseconds,
                ])
        case .over(let broker, let lasted):
            logger.info("a broker answers again", metadata: [.broker: broker, .milliseconds: lasted.milliseconds])
        }
    }
}

extension LogKey {
    /// The brokers that a line is about, each as `host:port`.
    static let broker: LogKey = "broker"
}
