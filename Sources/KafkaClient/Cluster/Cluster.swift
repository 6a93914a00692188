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

    var metadata = ClusterMetadata()
    /// Called when `metadata` has changed.
    var onMetadata: () -> Void = {}
    /// Called when a data link can take requests.
    var onLinkReady: (Int32) -> Void = { _ in }

    private var links: [LinkKey: BrokerLink] = [:]
    private var bootstrap: [BrokerLink] = []
    private var turn = 0
    /// The broker that `anyLink` gave last, and the one that it rather does not give, since it was of no use.
    private var lastGiven: String?
    private var avoided: String?
    private(set) var isClosed = false

    var followed = FollowedTopics()
    /// The topics whose metadata is kept fresh.
    var wanted: Set<String> { followed.all }
    var isRefreshWanted = false
    /// How many times metadata came, and when it came last.
    var round = 0
    var lastRefresh = Deadline.distantPast
    var attempts: Attempts
    /// Why metadata last failed to come.
    var lastError: KafkaError?
    var outage = OutageReporter()
    var outageTimer: LoopTimer?

    /// Announces each round of metadata, each failure, and the end.
    let rounds: LoopSignal
    /// Announces that metadata is wanted, and the end.
    let refresh: LoopSignal
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
        let link = try pickLink()
        lastGiven = link.broker
        return link
    }

    private func pickLink() throws(KafkaError) -> BrokerLink {
        let brokers = metadata.brokers.keys.sorted()
        for broker in brokers {
            if let link = links[LinkKey(broker: broker, purpose: .calls)], link.isReady, link.broker != avoided {
                return link
            }
        }
        guard !bootstrap.isEmpty else { throw KafkaError(.configuration, "no broker is named to begin with") }
        turn += 1
        let index = turn % (brokers.count + bootstrap.count)
        if index < brokers.count, let link = link(to: brokers[index], for: .calls) { return link }
        return bootstrap[turn % bootstrap.count]
    }

    /// The broker that was asked last was of no use: another one is asked next, where there is one. It may be connected and
    /// answer, and yet be the only one in the cluster that cannot help.
    func tryAnother() { avoided = lastGiven }

    /// When any broker last answered anything.
    var lastHeard: Deadline { links.values.map(\.lastHeard).max() ?? .distantPast }

    /// Ends connections to brokers that the cluster has no more, or has at another address.
    func retireLinks() {
        for (key, link) in links {
            let known = metadata.brokers[key.broker].map { Endpoint.tcp(host: $0.host, port: Int($0.port)) }
            guard known != link.endpoint else { continue }
            links[key] = nil
            link.retire()
        }
    }
}
