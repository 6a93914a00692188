import Bytes
import EventStore
import HTTP
import Telemetry

extension LoopServices {
    /// Asks ClickHouse, and counts how it went.
    ///
    /// - Throws: `HTTPError` 503 where it does not answer.
    func read<Value>(_ body: () async throws(EventStoreError) -> Value) async throws -> Value {
        guard hasSchema else {
            metrics.refusedReads.increment()
            if let problem = problem(of: Dependency.clickHouse) {
                throw HTTPError.unavailable("ClickHouse cannot be reached: try again", detail: problem)
            }
            throw HTTPError.unavailable(
                "the database's schema is not ready: try again", detail: problem(of: Dependency.schema))
        }
        do throws(EventStoreError) {
            let value = try await body()
            metrics.reads.increment()
            return value
        } catch {
            metrics.refusedReads.increment()
            throw HTTPError(error)
        }
    }
}

extension HTTPResponse {
    /// A response that is sent as it comes, while the client reads it, and of which nothing is kept.
    ///
    /// - Parameters:
    ///   - head: What stands before what ClickHouse gives.
    ///   - tail: What stands behind it.
    ///   - body: Gives the pieces, until there are no more, or the function that takes them returns false.
    static func stream(
        _ services: LoopServices, _ type: HTTPContentType, headers: [HTTPHeader] = [], head: String = "",
        tail: String = "",
        _ body: @escaping ((ByteSlice) async throws -> Bool) async throws(EventStoreError) -> Void
    ) -> HTTPResponse {
        HTTPResponse(
            .ok, contentType: type, headers: headers,
            body: .stream(length: nil) { writer in
                var lost: (any Error)?
                try await writer.write(ByteSlice(utf8: head))
                do throws(EventStoreError) {
                    try await body { piece in
                        do {
                            try await writer.write(piece)
                        } catch {
                            // Not ClickHouse's fault: the client has gone.
                            lost = error
                        }
                        return lost == nil
                    }
                } catch {
                    services.metrics.refusedReads.increment()
                    throw HTTPError(error)
                }
                if let lost { throw lost }
                try await writer.write(ByteSlice(utf8: tail))
            })
    }
}
