import KafkaProtocol
import Telemetry
import Transport

/// What is known of brokers, topics and leaders, and how it is kept fresh.
extension Cluster {
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
    func follow(_ topics: some Sequence<String>) { if followed.keep(topics) { wantsRefresh() } }

    /// Keeps the metadata of what a group's members read fresh, until the next call.
    func followLed(_ topics: Set<String>) {
        if followed.lead(topics) { wantsRefresh() }
        metadata.keep(wanted)
    }

    /// What is known of a topic, once it is known; it is kept fresh from then on.
    ///
    /// - Throws: `.unknownTopic` where brokers go on saying that there is none: one that was just made takes a while to
    ///   be known to all of them.
    func topic(_ name: String) async throws(KafkaError) -> ClusterMetadata.Topic {
        followed.lookUp(name)
        var isFound = false
        defer {
            followed.lookedUp(name, isFound: isFound)
            if !isFound { metadata.keep(wanted) }
        }
        let topic = try await lookUp(name)
        isFound = true
        return topic
    }

    private func lookUp(_ name: String) async throws(KafkaError) -> ClusterMetadata.Topic {
        if let topic = metadata.topics[name] { return topic }
        let deadline = Deadline.now + configuration.callTimeout
        let patience = Deadline.now + min(configuration.callTimeout, .seconds(5))
        while true {
            if isClosed { throw closed }
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

    /// Waits for the next metadata, or the next failure to get it.
    func nextRound(until deadline: Deadline) async -> WaitEnd { await rounds.waitEnd(until: deadline) }

    /// Asks for metadata where it is wanted, old, or a sign of life is, until the client is closed.
    func keepFresh() async {
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
                tryAnother()
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
        guard round > 0, !followed.isEmpty else { return .never }
        let heard = max(lastRefresh, lastHeard)
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
        // What nobody needs any more would only grow old.
        metadata.keep(wanted)
        round += 1
        lastRefresh = .now
        retireLinks()
        if let report = outage.answered(link.broker, now: .now) { log(report) }
        onMetadata()
        rounds.signal()
    }
}
