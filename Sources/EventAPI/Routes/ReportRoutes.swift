import Bytes
import EventQueries
import EventStore
import Events
import HTTP
import JSON
import Transport

/// The routes of saved questions.
struct ReportRoutes {
    let services: LoopServices
    let bodies: RequestBodies

    init(services: LoopServices) {
        self.services = services
        bodies = RequestBodies(limit: services.configuration.maximumBody)
    }

    func register(on routes: APIRoutes) {
        routes.on(.scope(.read), .get, "/reports") { _ in try await list() }
        routes.on(.scope(.admin), .post, "/reports") { try await create($0) }
        routes.on(.scope(.read), .get, "/reports/:id") { Self.answer(.ok, try await find($0)) }
        routes.on(.scope(.admin), .put, "/reports/:id") { try await change($0) }
        routes.on(.scope(.admin), .delete, "/reports/:id") { try await delete($0) }
    }

    private func list() async throws -> HTTPResponse {
        let reports = try await services.read { () async throws(EventStoreError) in try await services.store.reports() }
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 4096)
        json.beginArray(&writer)
        for report in reports { report.write(&json, &writer) }
        json.endArray(&writer)
        return Answer.data(writer.finish())
    }

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let saved = try await saved(request, now)
        let report = Report(
            id: EventIDGenerator.shared.next(at: now), name: saved.name, query: saved.kind.rawValue,
            question: saved.question, chart: saved.chart, createdAt: now, updatedAt: now)
        try await services.read { () async throws(EventStoreError) in try await services.store.save(report) }
        return Self.answer(.created, report)
    }

    private func change(_ request: HTTPRequest) async throws -> HTTPResponse {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let saved = try await saved(request, now)
        var report = try await find(request)
        report.name = saved.name
        report.query = saved.kind.rawValue
        report.question = saved.question
        report.chart = saved.chart
        report.updatedAt = Self.later(now, than: report)
        try await services.read { [report] () async throws(EventStoreError) in try await services.store.save(report) }
        return Self.answer(.ok, report)
    }

    private func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        var report = try await find(request)
        report.updatedAt = Self.later(Timestamp(milliseconds: WallClock.milliseconds), than: report)
        try await services.read { [report] () async throws(EventStoreError) in try await services.store.delete(report) }
        return .json(.ok, ByteSlice(utf8: "{\"success\":true,\"message\":\"report deleted\"}"))
    }

    /// What is written last counts, whatever clocks say.
    private static func later(_ now: Timestamp, than report: Report) -> Timestamp {
        Timestamp(milliseconds: max(now.milliseconds, report.updatedAt.milliseconds + 1))
    }

    private func saved(_ request: HTTPRequest, _ now: Timestamp) async throws -> SavedQuestion {
        let body = try await bodies.collect(request)
        do throws(QuestionError) { return try SavedQuestion(body, now: now) } catch {
            throw HTTPError(.badRequest, error.description)
        }
    }

    private func find(_ request: HTTPRequest) async throws -> Report {
        let id = try EventID(of: request)
        let found = try await services.read { () async throws(EventStoreError) in try await services.store.report(id) }
        guard let found else { throw HTTPError(.notFound, "report not found") }
        return found
    }

    private static func answer(_ status: HTTPStatus, _ report: Report) -> HTTPResponse {
        var json = JSONWriter()
        var writer = ByteWriter(capacity: 1024)
        writer.write(literal: Answer.dataHead)
        report.write(&json, &writer)
        writer.write(literal: Answer.dataTail)
        return .json(status, writer.finish())
    }
}
