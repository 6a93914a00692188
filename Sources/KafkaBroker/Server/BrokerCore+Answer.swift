import Bytes
import KafkaProtocol
import Transport

extension BrokerCore {
    /// Answers requests that came behind one another on a connection: one of any kind, or several that produce, which
    /// then share writes. On the broker's loop only.
    ///
    /// - Parameter reservation: The first one's share of the memory for requests, where it is large.
    func answer(_ frames: [ByteSlice], from peer: Peer, reservation: Reservation?) async -> [Answer] {
        loop.preconditionCurrent()
        metrics.requests += frames.count
        var begun: [Begun] = []
        for frame in frames { begun.append(await begin(frame, from: peer, begun.isEmpty ? reservation : nil)) }
        var answers: [Answer] = []
        for begun in begun {
            switch begun {
            case .answered(let answer): answers.append(answer)
            case .produce(let produce): answers.append(await finish(produce))
            case .call(let call, let body): answers.append(await dispatch(call, body))
            }
        }
        return answers
    }

    private enum Begun {
        case answered(Answer)
        case produce(PendingProduce)
        case call(Call, ByteSlice)
    }

    private func begin(_ frame: ByteSlice, from peer: Peer, _ reservation: Reservation?) async -> Begun {
        var reader = ByteReader(frame)
        let call: Call
        do throws(KafkaProtocolError) {
            call = Call(header: try RequestHeader(from: &reader), peer: peer, reservation: reservation)
        } catch {
            return .answered(.close("a request's header cannot be read: \(error)"))
        }
        let header = call.header
        guard let versions = SupportedAPIs.versions[header.apiKey] else {
            return .answered(.close("\(header.apiKey) is not offered"))
        }
        guard versions.contains(header.apiVersion) else {
            guard header.apiKey == .apiVersions else {
                return .answered(.close("\(header.apiKey) is not offered in version \(header.apiVersion)"))
            }
            // KIP-511: answered in version 0, so that the client learns what it may ask.
            return .answered(respond(call, apiVersions(.unsupportedVersion), version: 0))
        }
        let body = frame.suffix(from: reader.position)
        guard header.apiKey == .produce else { return .call(call, body) }
        do throws(KafkaProtocolError) {
            let request = try read(ProduceRequest.self, body, header.apiVersion)
            return .produce(await begin(call, request))
        } catch {
            return .answered(.close("\(error)"))
        }
    }

    /// Whether a request may wait for its answer: a large one only where there is room among those that wait, to which
    /// it goes over. What was made of it stays in memory for as long.
    func mayWait(_ call: Call) -> Bool {
        guard let reservation = call.reservation else { return true }
        return reservation.move(to: waitingBudget)
    }

    private func dispatch(_ call: Call, _ body: ByteSlice) async -> Answer {
        switch call.header.apiKey {
        case .fetch: await handle(call, body) { (request: FetchRequest) in await self.fetch(call, request) }
        case .listOffsets: await handle(call, body, listOffsets)
        case .metadata: await handle(call, body, metadata)
        case .offsetCommit: await handle(call, body, offsetCommit)
        case .offsetFetch: await handle(call, body, offsetFetch)
        case .findCoordinator: await handle(call, body, findCoordinator)
        case .joinGroup: await handle(call, body, joinGroup)
        case .heartbeat: await handle(call, body, heartbeat)
        case .leaveGroup: await handle(call, body, leaveGroup)
        case .syncGroup: await handle(call, body, syncGroup)
        case .describeGroups: await handle(call, body, describeGroups)
        case .listGroups: await handle(call, body, listGroups)
        case .apiVersions: await handle(call, body) { (_, _: ApiVersionsRequest) in self.apiVersions(.none) }
        case .createTopics: await handle(call, body, createTopics)
        case .deleteTopics: await handle(call, body, deleteTopics)
        case .deleteRecords: await handle(call, body, deleteRecords)
        case .initProducerID: await handle(call, body, initProducerID)
        case .offsetForLeaderEpoch: await handle(call, body, offsetForLeaderEpoch)
        case .describeConfigs: await handle(call, body, describeConfigs)
        case .createPartitions: await handle(call, body, createPartitions)
        case .deleteGroups: await handle(call, body, deleteGroups)
        case .offsetDelete: await handle(call, body, offsetDelete)
        case .describeCluster: await handle(call, body, describeCluster)
        case .describeTopicPartitions: await handle(call, body, describeTopicPartitions)
        default: .close("\(call.header.apiKey) is not offered")
        }
    }

    /// Reads a request. What follows it is left alone, as Apache Kafka does: librdkafka 2.16 sends a Metadata request
    /// for all topics with three bytes too many.
    private func read<Request: KafkaRequest>(
        _ type: Request.Type, _ body: ByteSlice, _ version: Int16
    ) throws(KafkaProtocolError) -> Request {
        var reader = ByteReader(body)
        return try Request(from: &reader, version: version)
    }

    /// Reads the request, has it handled, and writes the response.
    private func handle<Request: KafkaRequest>(
        _ call: Call, _ body: ByteSlice, _ handler: (Call, Request) async -> Request.Response
    ) async -> Answer {
        await handle(call, body) { (request: Request) in
            self.respond(call, await handler(call, request))
        }
    }

    private func handle<Request: KafkaRequest>(
        _ call: Call, _ body: ByteSlice, _ handler: (Request) async -> Answer
    ) async -> Answer {
        do throws(KafkaProtocolError) {
            let request = try read(Request.self, body, call.version)
            return await handler(request)
        } catch {
            return .close("\(error)")
        }
    }

    /// Answers below this size are small change.
    private static let smallAnswer = 64 << 10

    func respond(
        _ call: Call, _ response: some KafkaResponse, version: Int16? = nil, held: Reservation? = nil
    ) -> Answer {
        do throws(KafkaProtocolError) {
            let frame = try response.frame(
                version: version ?? call.version, correlationID: call.header.correlationID)
            let size = frame.reduce(0) { $0 + $1.count }
            guard held == nil, size > Self.smallAnswer else { return .response(frame, held: held) }
            // Whoever asks for much and takes nothing must not be able to fill the memory with answers.
            guard answerBudget.left > 0 else { return .close("answers that nobody takes fill the memory for them") }
            return .response(frame, held: answerBudget.charge(size))
        } catch {
            return .close("the response cannot be written: \(error)")
        }
    }

    private func apiVersions(_ error: KafkaErrorCode) -> ApiVersionsResponse {
        ApiVersionsResponse {
            $0.errorCode = error
            $0.apiKeys = SupportedAPIs.entries
        }
    }
}
