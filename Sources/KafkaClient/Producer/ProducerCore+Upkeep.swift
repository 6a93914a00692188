import KafkaProtocol
import Telemetry
import Transport

/// What happens by itself: leaders move, time passes, the producer id comes.
extension ProducerCore {
    // MARK: Leaders

    /// Takes over what the cluster knows now.
    func metadataChanged() {
        led = [:]
        for topic in topics.values {
            guard let known = cluster.metadata.topics[topic.name] else { continue }
            topic.update(known)
        }
        var waitsForLeader = false
        for topic in topics.values {
            for partition in topic.partitions {
                if partition.leader >= 0 {
                    led[partition.leader, default: []].append(partition)
                } else if !partition.queue.isEmpty {
                    waitsForLeader = true
                }
            }
        }
        for broker in led.keys { drain(broker) }
        if waitsForLeader { cluster.wantsRefresh() }
    }

    // MARK: Time

    /// Sees to it that the broker's partitions are looked at no later than at `time`.
    func setAlarm(_ broker: Int32, at time: Deadline) {
        if let alarm = alarms[broker] {
            if alarm.time <= time { return }
            alarm.timer.cancel()
        }
        let timer = loop.schedule(at: time) { [weak self] in
            self?.alarms[broker] = nil
            self?.drain(broker)
        }
        alarms[broker] = Alarm(time: time, timer: timer)
    }

    /// Sets the alarm for what waits: for company, or for its back-off. What waits for an answer needs none.
    func setAlarmForNext(of broker: Int32, _ partitions: [ProducerPartition]) {
        guard unanswered[broker, default: 0] < configuration.maxInFlight else { return }
        var next = Deadline.never
        for partition in partitions where !partition.queue.isEmpty {
            // What is to be added to a transaction first looks here again once it is.
            if let transactions, !transactions.state.added.contains(partition.name) { continue }
            let queue = partition.queue
            // What may not be sent even later waits for an answer, a leader or an identity, which look here again.
            guard queue.canSend(now: .never, limit: configuration.maxInFlight) else { continue }
            var due = Deadline.distantPast
            if queue.retrying.isEmpty, let first = queue.waiting.first, !first.isClosed { due = first.lingerDeadline }
            next = min(next, max(due, queue.notBefore))
        }
        if next < .never { setAlarm(broker, at: next) }
    }

    /// Looks for overdue records now and then, while there are any.
    func scheduleUpkeep() {
        guard upkeep == nil, failure == nil else { return }
        let interval = min(max(configuration.deliveryTimeout / 20, .milliseconds(5)), .milliseconds(500))
        upkeep = loop.schedule(at: Deadline.now + interval) { [weak self] in
            guard let self else { return }
            upkeep = nil
            expire()
        }
    }

    private func expire() {
        let now = Deadline.now
        expireWaiters(now: now)
        var isBusy = false
        var overdueError: KafkaError?
        for topic in topics.values {
            for partition in topic.partitions where !partition.queue.isEmpty {
                for batch in partition.queue.expire(now: now) {
                    overdueError = overdue(batch)
                    if partition.open === batch { partition.open = nil }
                    tell(batch, .failed(overdue(batch)))
                    // What is in flight keeps its memory until it is answered.
                    if !partition.queue.inFlight.contains(where: { $0 === batch }) { release(batch) }
                    // What comes next may have waited for it.
                    if partition.leader >= 0 { setAlarm(partition.leader, at: .distantPast) }
                }
                isBusy = isBusy || !partition.queue.isEmpty
            }
        }
        if let overdueError { transactions?.fail(overdueError) }
        if isBusy || bufferedBytes > 0 { scheduleUpkeep() }
    }

    private func overdue(_ batch: ProducerBatch) -> KafkaError {
        let reason = batch.lastError.map { "; last: \($0.message)" } ?? ""
        return KafkaError(
            .deliveryTimeout, "no acknowledgement within \(configuration.deliveryTimeout)\(reason)",
            topic: batch.partition.topic, partition: batch.partition.index, isRetriable: true)
    }

    // MARK: Identity

    /// Sees to it that a producer id is asked for.
    func wantsIdentity() {
        guard transactions == nil, identifying.identity == nil, !isIdentifying, failure == nil else { return }
        isIdentifying = true
        cluster.spawn { [self] in
            await identify()
            isIdentifying = false
        }
    }

    /// Asks for a producer id until there is one.
    private func identify() async {
        while failure == nil, identifying.identity == nil {
            do throws(KafkaError) {
                let request = InitProducerIdRequest {
                    $0.transactionalID = nil
                    $0.transactionTimeoutMs = 60_000
                }
                let response = try await cluster.callAny(request)
                guard response.errorCode == .none else {
                    throw KafkaError(server: response.errorCode, "no producer id was given")
                }
                if identifying.given(ProducerIdentity(id: response.producerID, epoch: response.producerEpoch)) {
                    logger.info("a producer id was given at last")
                }
                for broker in led.keys { drain(broker) }
            } catch {
                // Cancelled or closed: nobody wants it any more.
                if error.code == .cancelled || cluster.isClosed { return }
                cluster.tryAnother()
                let refusal = identifying.refused(error)
                if refusal.isNews { logger.warning("no producer id was given", metadata: [.error: error]) }
                if let failure = refusal.failure { failUnidentified(failure) }
                do { try await cluster.pause(refusal.wait) } catch { return }
            }
        }
    }

    /// Fails what cannot be sent without an identity, so that its callers need not wait for what will hardly come. The
    /// producer goes on asking, and later records have a chance of their own.
    private func failUnidentified(_ error: KafkaError) {
        for topic in topics.values {
            for partition in topic.partitions where partition.queue.needsIdentity {
                partition.open = nil
                for batch in partition.queue.removeAll() { finish(batch, .failed(error)) }
            }
        }
    }

    // MARK: Transactions

    /// - Throws: `.configuration` where there is no transactional id.
    func requireTransactions() throws(KafkaError) -> Transactions {
        if let transactions { return transactions }
        throw KafkaError(.configuration, "the producer has no transactional id")
    }

    /// Looks at every broker's partitions again.
    func drainAll() {
        for broker in led.keys { drain(broker) }
    }

    /// The transaction has ended otherwise than by its commit: what waits is not sent, and answers to what is on its way
    /// say nothing any more.
    func discardAll(_ error: KafkaError) {
        for topic in topics.values {
            for partition in topic.partitions where !partition.queue.isEmpty {
                partition.open = nil
                let inFlight = partition.queue.inFlight
                for batch in partition.queue.removeAll() {
                    batch.isDiscarded = true
                    tell(batch, .failed(error))
                    // What is in flight keeps its memory until it is answered.
                    if !inFlight.contains(where: { $0 === batch }) { release(batch) }
                }
            }
        }
    }

    /// Every partition is written as somebody else from now on.
    func restart(as identity: ProducerIdentity) {
        for topic in topics.values {
            for partition in topic.partitions { partition.queue.restart(as: identity) }
        }
    }

    // MARK: Readiness

    /// Why records cannot be sent now; nil while all is well.
    var problem: KafkaError? {
        if let failure { return failure }
        if isClosing { return closed }
        if let problem = cluster.problem { return problem }
        if topics.isEmpty { return nil }
        if transactions == nil, identifying.identity == nil, !topics.values.contains(where: { $0.hasIdentity }) {
            return identifying.problem
                ?? KafkaError(.connection, "no producer id was given yet", isRetriable: true)
        }
        for topic in topics.values where topic.partitions.allSatisfy({ $0.leader < 0 }) {
            return KafkaError(.connection, "no partition has a leader", topic: topic.name, isRetriable: true)
        }
        return nil
    }
}
