import Bytes
import KafkaProtocol
import Transport

/// Batches go out, answers come in.
extension ProducerCore {
    /// Sends what is ready for a broker, as far as it takes requests.
    func drain(_ broker: Int32) {
        guard failure == nil, let partitions = led[broker] else { return }
        // What fails at once calls back from inside the loop below: it is looked at when that has come to its end.
        guard draining.insert(broker).inserted else { return setAlarm(broker, at: .distantPast) }
        defer { draining.remove(broker) }
        guard let link = cluster.link(to: broker), link.isReady else {
            if partitions.contains(where: { !$0.queue.isEmpty }) { cluster.link(to: broker)?.wake() }
            return
        }
        while unanswered[broker, default: 0] < configuration.maxInFlight {
            let now = Deadline.now
            let batches = collect(from: partitions, of: broker, now: now)
            if batches.isEmpty { break }
            send(batches, to: broker, over: link)
        }
        setAlarmForNext(of: broker, partitions)
    }

    /// Takes a batch from each partition that may send, once one of them is ready: what has not waited its time goes
    /// along, since the request is made anyway.
    private func collect(
        from partitions: [ProducerPartition], of broker: Int32, now: Deadline
    ) -> [ProducerBatch] {
        var sendable: [ProducerPartition] = []
        var isReady = false
        for partition in partitions where !partition.queue.isEmpty {
            if let transactions, !transactions.mayWrite(to: partition) { continue }
            if partition.queue.needsIdentity { identify(partition) }
            guard partition.queue.canSend(now: now, limit: configuration.maxInFlight) else { continue }
            sendable.append(partition)
            if !isReady { isReady = partition.isReady(now: now, isFlushing: isClosing) }
        }
        guard isReady else { return [] }
        var batches: [ProducerBatch] = []
        var bytes = 0
        let start = turn[broker, default: 0]
        for offset in sendable.indices {
            let index = (start + offset) % sendable.count
            let partition = sendable[index]
            if bytes > 0, bytes + partition.nextByteCount > configuration.maxRequestBytes {
                turn[broker] = index
                break
            }
            guard let batch = partition.queue.next() else {
                // The epochs are used up: a new producer id comes with a later attempt.
                identifying.usedUp()
                identify(partition)
                continue
            }
            if partition.open === batch { partition.open = nil }
            batch.isClosed = true
            partition.lastByteCount = batch.byteCount
            bytes += batch.byteCount
            batches.append(batch)
        }
        return batches
    }

    private func identify(_ partition: ProducerPartition) {
        if let transactions {
            if let identity = transactions.state.identity { partition.queue.adopt(identity) }
        } else if let identity = identifying.identity {
            partition.queue.adopt(identity)
        } else {
            wantsIdentity()
        }
    }

    private func send(_ batches: [ProducerBatch], to broker: Int32, over link: BrokerLink) {
        var request = ProduceRequest()
        request.acks = -1
        request.transactionalID = transactions?.id
        request.timeoutMs = Int32(clamping: configuration.kafka.requestTimeout.milliseconds)
        var places: [String: Int] = [:]
        var sent: [ProducerBatch] = []
        for batch in batches {
            let records: ByteSlice
            do {
                records = try batch.encode(
                    compression: configuration.compression, using: compressor, isTransactional: transactions != nil)
            } catch {
                giveUp(batch, error)
                continue
            }
            sent.append(batch)
            let data = ProduceRequest.PartitionProduceData {
                $0.index = batch.partition.index
                $0.records = records
            }
            let name = batch.partition.topic
            if let place = places[name] {
                request.topicData[place].partitionData.append(data)
            } else {
                places[name] = request.topicData.count
                request.topicData.append(
                    ProduceRequest.TopicProduceData {
                        $0.name = name
                        $0.topicID = cluster.metadata.topics[name]?.id ?? .zero
                        $0.partitionData = [data]
                    })
            }
        }
        if sent.isEmpty { return }
        // Topics go by their ids from version 13 on: not where the cluster gives none. From version 12 on, a transaction's
        // partitions are added by the way (KIP-890); here they are added before.
        let hasIDs = request.topicData.allSatisfy { !$0.topicID.isZero }
        unanswered[broker, default: 0] += 1
        let limit: Int16 = transactions != nil ? 11 : hasIDs ? .max : 12
        link.send(request, limit: limit) { [self] result in
            unanswered[broker, default: 1] -= 1
            // Closed meanwhile: everybody has been told.
            guard failure == nil else { return }
            switch result {
            case .success(let response): answered(sent, response)
            case .failure(let error): unansweredBatches(sent, error)
            }
            drain(broker)
            // A partition whose leader moved meanwhile was waiting for this answer, too.
            for batch in sent where batch.partition.leader != broker && batch.partition.leader >= 0 {
                drain(batch.partition.leader)
            }
        }
    }

    // MARK: Answers

    private func answered(_ batches: [ProducerBatch], _ response: ProduceResponse) {
        var missing = batches
        for topic in response.responses {
            let name = topic.topicID.isZero ? topic.name : cluster.metadata.names[topic.topicID] ?? topic.name
            for answer in topic.partitionResponses {
                guard
                    let index = missing.firstIndex(where: {
                        $0.partition.index == answer.index && $0.partition.topic == name
                    })
                else { continue }
                settle(missing.remove(at: index), answer)
            }
        }
        let error = KafkaError(.malformedResponse, "the broker did not answer for a batch", isRetriable: true)
        unansweredBatches(missing, error)
    }

    private func settle(_ batch: ProducerBatch, _ answer: ProduceResponse.PartitionProduceResponse) {
        let code = answer.errorCode
        if batch.isDiscarded { return release(batch) }
        let verdict = batch.partition.queue.answered(batch, code)
        if verdict == .acknowledged {
            return finish(batch, .acknowledged(baseOffset: code == .none ? answer.baseOffset : -1))
        }
        let error = KafkaError(
            server: code, "a batch was not taken", detail: answer.errorMessage, topic: batch.partition.topic,
            partition: batch.partition.index)
        if code.isRetriable {
            if answer.currentLeader.leaderID >= 0 {
                cluster.learn(
                    batch.partition.name, leader: answer.currentLeader.leaderID,
                    epoch: answer.currentLeader.leaderEpoch)
            }
            cluster.wantsRefresh()
        }
        act(on: verdict, of: batch, error)
    }

    private func act(
        on verdict: PartitionQueue<ProducerBatch>.Verdict, of batch: ProducerBatch, _ error: KafkaError
    ) {
        batch.lastError = error
        defer {
            if let transactions, verdict == .failed || verdict == .dropped || batch.partition.queue.hasGap {
                transactions.fail(error)
            }
        }
        switch verdict {
        case .acknowledged: break
        case .tooLarge: split(batch)
        case .failed: finish(batch, .failed(error))
        case .dropped:
            release(batch)
            backOff(batch.partition)
        case .retried: backOff(batch.partition)
        }
    }

    /// The request got no answer: what was in it may be in the log or not, so it is sent again as it was.
    private func unansweredBatches(_ batches: [ProducerBatch], _ error: KafkaError) {
        if batches.isEmpty { return }
        for batch in batches {
            if batch.isDiscarded {
                release(batch)
                continue
            }
            // An answer that cannot be read says nothing of the batch, as none does: what is in the log already is found
            // out when it is sent again.
            if error.isRetriable || error.code == .malformedResponse {
                act(on: batch.partition.queue.unanswered(batch), of: batch, error)
            } else {
                giveUp(batch, error)
            }
        }
        cluster.wantsRefresh()
    }

    /// After a failure that may pass the partition waits a little.
    private func backOff(_ partition: ProducerPartition) {
        let wait = configuration.kafka.retryBackoff.delay(attempt: partition.queue.failures)
        partition.queue.notBefore = Deadline.now + wait
        if partition.leader >= 0 { setAlarm(partition.leader, at: partition.queue.notBefore) }
    }

    private func giveUp(_ batch: ProducerBatch, _ error: KafkaError) {
        batch.partition.queue.giveUp(batch)
        finish(batch, .failed(error))
        transactions?.fail(error)
    }

    /// The broker takes no batch so large: its halves are sent instead.
    private func split(_ batch: ProducerBatch) {
        do {
            let (first, second) = try batch.halves()
            batch.partition.queue.split(batch, into: [first, second])
            took(first)
            took(second)
            finish(batch, .split(first, second))
            if batch.partition.leader >= 0 { setAlarm(batch.partition.leader, at: .distantPast) }
        } catch {
            giveUp(batch, error)
        }
    }
}
