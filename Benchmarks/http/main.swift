// What `Benchmarks/http/run` measures beside nginx: `http-benchmark [port] [loops]`.
//
// `GET /ping` is answered with 204, `POST /event` with 202 once its body is there and was found to be an event.
import Bytes
import Events
import HTTP
import Transport

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let port = arguments.first ?? 8080
let group = try EventLoopGroup(loops: arguments.count > 1 ? arguments[1] : EventLoopGroup.cores)
let server = try HTTPServer.bind(to: .tcp(host: "127.0.0.1", port: port), on: group)
let accepted = ByteSlice(utf8: #"{"success":true,"message":"event creation queued"}"#)
let names = EventNames(["event_a", "event_b", "event_c"])
print("listening at \(server.localEndpoint)")
try await server.run { _ in
    let router = Router()
    router.on(.get, "/ping") { _ in HTTPResponse(.noContent) }
    router.on(.post, "/event") { request in
        let body = try await request.body.collect()
        do throws(EventError) {
            _ = try EventDraft.create(body.span, names: names, now: Timestamp(milliseconds: 0))
        } catch {
            throw HTTPError(.badRequest, error.description)
        }
        return .json(.accepted, accepted)
    }
    return router
}
