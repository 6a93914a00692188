import Bytes
import Events
import HTTP
import JSON
import Transport

/// `GET /pipeline/status`: how the pipeline fares, for people and the dashboard.
struct StatusRoute {
    let services: LoopServices

    func register(on routes: APIRoutes) {
        routes.on(.scope(.admin), .get, "/pipeline/status") { _ in
            let status = try await services.status.status()
            var json = JSONWriter()
            var writer = ByteWriter(capacity: 1024)
            status.write(&json, &writer, now: Timestamp(milliseconds: WallClock.milliseconds))
            return Answer.data(writer.finish())
        }
    }
}
