import Bytes
import EventQueries
import EventStore
import Events
import HTTP
import JSON
import Transport

/// The routes of questions: each reads its question from the body, has the store answer it, and says what that took.
struct QuestionRoutes {
    let services: LoopServices
    let bodies: RequestBodies

    init(services: LoopServices) {
        self.services = services
        bodies = RequestBodies(limit: services.configuration.maximumBody)
    }

    func register(on routes: APIRoutes) {
        for kind in Question.Kind.allCases {
            routes.on(.scope(.read), .post, "/query/\(kind.rawValue)") { try await answer(kind, $0) }
        }
    }

    private func answer(_ kind: Question.Kind, _ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await bodies.collect(request)
        let start = ContinuousClock.now
        let question: Question
        do throws(QuestionError) {
            question = try Question(kind, body, now: Timestamp(milliseconds: WallClock.milliseconds))
        } catch {
            throw HTTPError(.badRequest, error.description)
        }
        let answer = try await services.read { () async throws(EventStoreError) in
            try await services.store.answer(question)
        }
        let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
        var writer = ByteWriter(capacity: answer.data.count + 256)
        var json = JSONWriter()
        writer.write(literal: Answer.dataHead)
        writer.write(answer.data)
        writer.write(literal: ",\"meta\":")
        json.beginObject(&writer)
        json.key("rows_read", &writer)
        json.integer(answer.rowsRead, &writer)
        json.key("elapsed_ms", &writer)
        json.integer(Int64(elapsed), &writer)
        json.key("from", &writer)
        json.string(question.scope.from.description, &writer)
        json.key("to", &writer)
        json.string(question.scope.to.description, &writer)
        if let method = answer.method {
            json.key("method", &writer)
            json.string(method, &writer)
        }
        json.endObject(&writer)
        writer.write(literal: "}")
        return .json(.ok, writer.finish())
    }
}
