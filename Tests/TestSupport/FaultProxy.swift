import Bytes
import Synchronization
public import Transport

/// A proxy between a client and a server that delays, cuts or damages what passes, at a given byte.
///
/// Each connection takes the next of the faults, and none when there are no more.
public final class FaultProxy: Sendable {
    /// Where bytes go.
    public enum Direction: Sendable { case toServer, toClient }

    /// What is done to a connection.
    public enum Fault: Sendable {
        /// Nothing.
        case none
        /// Both sides are closed in good order when so many bytes have passed in that direction.
        case cut(Direction, after: Int)
        /// From that byte on nothing passes any more in that direction, and nothing is closed.
        case stall(Direction, after: Int)
        /// The byte at that place is turned over.
        case damage(Direction, at: Int)
        /// What comes is passed on so much later.
        case delay(Direction, by: Duration)
        /// What comes is passed on in pieces of so many bytes.
        case trickle(Direction, pieces: Int)
        /// The connection is accepted and closed at once.
        case refuse
    }

    private struct State {
        var faults: [Fault]
        var connections = 0
        var current: [ObjectIdentifier: [ByteStream]] = [:]
    }

    private let listener: Listener
    private let target: Endpoint
    private let state: Mutex<State>

    /// Listens on a free port; `run` passes connections on to `target`.
    public init(to target: Endpoint, faults: [Fault] = [], on group: EventLoopGroup) throws {
        listener = try Listener.bind(to: .tcp(host: "127.0.0.1", port: 0), on: group)
        self.target = target
        state = Mutex(State(faults: faults))
    }

    /// Where clients connect to.
    public var endpoint: Endpoint { listener.localEndpoint }

    /// How many connections came so far.
    public var connections: Int { state.withLock { $0.connections } }

    /// Sets what is done to the connections that come.
    public func set(_ faults: [Fault]) { state.withLock { $0.faults = faults } }

    /// Closes all connections that are open.
    public func cutAll() {
        for stream in state.withLock({ $0.current.values.flatMap { $0 } }) { stream.close() }
    }

    /// Passes connections on until `stop` or cancellation.
    public func run() async throws { try await listener.run { await self.serve($0) } }

    /// Accepts no more and closes what is open: `run` returns.
    public func stop() {
        listener.stop()
        cutAll()
    }

    private func serve(_ client: ByteStream) async {
        let fault = state.withLock { state in
            state.connections += 1
            return state.faults.isEmpty ? .none : state.faults.removeFirst()
        }
        if case .refuse = fault { return }
        guard let server = try? await ByteStream.connect(to: target, on: client.loop) else { return }
        state.withLock { $0.current[ObjectIdentifier(client)] = [client, server] }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.pass(client, server, .toServer, fault) }
            tasks.addTask { await self.pass(server, client, .toClient, fault) }
        }
        _ = state.withLock { $0.current.removeValue(forKey: ObjectIdentifier(client)) }
        server.close()
    }

    private func pass(_ from: ByteStream, _ to: ByteStream, _ direction: Direction, _ fault: Fault) async {
        let buffer = ReceiveBuffer()
        var passed = 0
        do {
            while try await from.read(into: buffer) > 0 {
                var bytes = buffer.takeSlice(buffer.count)
                switch fault {
                case .cut(direction, let limit) where passed + bytes.count >= limit:
                    try await to.write(bytes.prefix(limit - passed))
                    from.close()
                    to.close()
                    return
                case .stall(direction, let limit) where passed + bytes.count > limit:
                    if limit > passed { try await to.write(bytes.prefix(limit - passed)) }
                    // What comes is taken and kept from the other side, until the connection ends.
                    while try await from.read(into: buffer) > 0 { buffer.consume(buffer.count) }
                    return
                case .damage(direction, let place) where (passed..<passed + bytes.count).contains(place):
                    var copy = bytes.array
                    copy[place - passed] ^= 0xFF
                    bytes = ByteSlice(copy)
                    try await to.write(bytes)
                case .delay(direction, let duration):
                    try await from.loop.sleep(for: duration)
                    try await to.write(bytes)
                case .trickle(direction, let size):
                    var start = 0
                    while start < bytes.count {
                        let end = min(start + max(size, 1), bytes.count)
                        try await to.write(bytes.slice(start..<end))
                        await Task.yield()
                        start = end
                    }
                default:
                    try await to.write(bytes)
                }
                passed += bytes.count
            }
            try await to.shutdownWrite()
        } catch {
            // One side is gone: the other one shall see that.
            from.close()
            to.close()
        }
    }
}
