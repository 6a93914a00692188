import Bytes
import Telemetry
import Transport

/// What the connections of one loop share. Made and used on the loop alone.
final class LoopContext {
    let configuration: HTTPServerConfiguration
    let responder: any HTTPResponder
    let log = Logger(label: "http.server")

    /// Whether the server is stopping: responses then close their connections.
    private(set) var isDraining = false

    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private let ownHeaders: ByteSlice
    private var common = ByteSlice.empty
    private var commonSecond: Int64 = -1

    init(_ configuration: HTTPServerConfiguration, _ responder: any HTTPResponder) {
        self.configuration = configuration
        self.responder = responder
        var lines = ByteWriter()
        for header in configuration.responseHeaders { lines.writeHeader(header) }
        ownHeaders = lines.finish()
    }

    /// The header lines of every response; the date in them is written once a second.
    var commonHeaders: ByteSlice {
        let second = WallClock.milliseconds / 1000
        if second != commonSecond {
            var lines = ByteWriter(capacity: 64 + ownHeaders.count)
            lines.write(literal: "date: ")
            HTTPDate.write(second, into: &lines)
            lines.write(literal: "\r\n")
            lines.write(ownHeaders)
            common = lines.finish()
            commonSecond = second
        }
        return common
    }

    func insert(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = connection }

    func remove(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// Closes the connections that wait for a request, lets the others answer theirs, and cuts what is left in time.
    func drain(_ loop: EventLoop) {
        guard !isDraining else { return }
        isDraining = true
        for connection in connections.values where connection.isIdle { connection.stream.close() }
        loop.schedule(at: .after(configuration.drainTimeout)) {
            for connection in self.connections.values { connection.stream.close() }
        }
    }
}
