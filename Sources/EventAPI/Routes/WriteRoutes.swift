import Bytes
import Events
import HTTP
import KafkaClient
import Telemetry
import Transport

/// The routes that change events: each checks what it is given, hands it to Kafka, and answers once Kafka has it.
struct WriteRoutes {
    let services: LoopServices
    let bodies: RequestBodies

    init(services: LoopServices) {
        self.services = services
        bodies = RequestBodies(limit: services.configuration.maximumBody)
    }

    func register(on routes: APIRoutes) {
        for path in ["/event", "/event/"] { routes.on(.writesOne, .post, path) { try await create($0) } }
        routes.on(.writesOne, .put, "/event/:id") { try await update($0) }
        routes.on(.writesOne, .delete, "/event/:id") { try await delete($0) }
    }

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await bodies.collect(request)
        let time = Timestamp(milliseconds: WallClock.milliseconds)
        let draft: EventDraft
        do throws(EventError) {
            draft = try EventDraft.create(body.span, names: services.configuration.eventNames, now: time)
        } catch {
            throw HTTPError(error)
        }
        let id = draft.id ?? EventIDGenerator.shared.next(at: time)
        try await publish(id, for: request) { draft.write(of: body.span, id: id, at: time, into: &$0) }
        services.accepted(draft, of: body.span, id: id, at: time)
        return Answer.queued("event creation queued", id)
    }

    private func update(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = try EventID(of: request)
        let body = try await bodies.collect(request)
        let draft: EventDraft
        do throws(EventError) {
            draft = try EventDraft.update(body.span, names: services.configuration.eventNames)
        } catch {
            throw HTTPError(error)
        }
        let time = Timestamp(milliseconds: WallClock.milliseconds)
        try await publish(id, for: request) { draft.write(of: body.span, id: id, at: time, into: &$0) }
        return Answer.queued("event update queued", id)
    }

    private func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = try EventID(of: request)
        let time = Timestamp(milliseconds: WallClock.milliseconds)
        try await publish(id, for: request) { EventOperation.writeDelete(id, at: time, into: &$0) }
        return Answer.queued("event deletion queued", id)
    }

    /// Writes an operation into the producer's open batch and waits for Kafka's acknowledgement. Operations on one
    /// event are in Kafka in the order in which they came here: nothing waits between the check and the batch.
    private func publish(
        _ id: EventID, for request: HTTPRequest, _ write: (inout ByteWriter) -> Void
    ) async throws {
        try services.requireKafka()
        do {
            let delivery = try services.producer.onLoop.append(
                topic: services.configuration.topic.name, headers: request.recordHeaders
            ) { key, value in
                id.write(into: &key)
                write(&value)
            }
            _ = try await delivery.settled()
        } catch let error as KafkaError {
            services.metrics.refusedWrites.increment()
            throw HTTPError(error)
        }
        services.metrics.acceptedWrites.increment()
    }
}

extension LoopServices {
    /// Sees to it that an operation has a chance to reach Kafka now.
    ///
    /// - Throws: `HTTPError` 503 where it has none.
    func requireKafka() throws(HTTPError) {
        if canPublish { return }
        metrics.refusedWrites.increment()
        let reason = hasTopic ? "Kafka cannot be reached" : "Kafka or the topic is not ready"
        let problems = [producerProblem, problem(of: Dependency.kafka)].compactMap(\.self)
        // Before the topic is known, the producer cannot tell what it is that is missing.
        let detail = hasTopic ? problems.first : problems.last
        throw HTTPError.unavailable("\(reason): try again", detail: detail)
    }
}

extension EventID {
    /// The id in a request's path.
    init(of request: HTTPRequest) throws(HTTPError) {
        let text = request.parameters.bytes("id")
        guard let id = EventID(text.span) else {
            throw HTTPError(.badRequest, "id: must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")
        }
        self = id
    }
}
