public import Bytes
import CLinux
import Glibc
import Synchronization
import Telemetry

/// How to listen.
public struct ListenOptions: Sendable {
    /// How many connections the system holds until they are accepted.
    public var backlog = 1024
    /// How many connections there may be at once, over all loops; what comes beyond is refused.
    public var maxConnections = 100_000
    /// What a connection beyond `maxConnections` is sent before it is closed.
    public var refusal: ByteSlice = .empty
    /// Whether every loop has a listening socket of its own, among which the system spreads connections. TCP only.
    public var reusePort = true
    /// TLS to speak; nil for none.
    public var tls: TLSConfiguration? = nil
    /// How long a client may take for TLS's handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Whether small writes go out at once.
    public var noDelay = true
    /// When a silent peer is asked whether it is there; nil for never.
    public var keepAlive: KeepAlive? = KeepAlive()

    /// The usual options.
    public init() {}
}

/// Accepts connections, on all loops of a group, and serves each with a task on its loop.
///
/// - Safety: the channels and slots in `places` are touched on their loops alone; the rest is constant or atomic.
public final class Listener: Sendable {
    /// Where it listens, with the port that the system chose where 0 was asked for.
    public let localEndpoint: Endpoint

    private let options: ListenOptions
    private let group: EventLoopGroup
    private let places: [Place]
    /// A Unix socket's place, as it was made: another process's that stands there later is not ours to remove.
    private let file: SocketFile?
    private let connections = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)
    private let failedHandshakes = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    private let log = Logger(label: "transport.listener")

    /// A listening socket and the loop that accepts from it.
    private struct Place: Sendable {
        let loop: EventLoop
        let channel: Channel
    }

    private init(
        _ endpoint: Endpoint, _ options: ListenOptions, _ group: EventLoopGroup, _ places: [Place]
    ) {
        localEndpoint = endpoint
        self.options = options
        self.group = group
        self.places = places
        if case .unix(let path) = endpoint { file = SocketFile(path) } else { file = nil }
    }

    deinit {
        file?.remove()
        for place in places { place.loop.execute { place.channel.close() } }
    }

    /// How many connections are open.
    public var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// How many connections were refused because there were too many.
    public var refusedCount: Int { refused.load(ordering: .relaxed) }

    /// How many connections were given up because TLS's handshake failed.
    public var failedHandshakeCount: Int { failedHandshakes.load(ordering: .relaxed) }

    // MARK: Binding

    /// Listens at `endpoint`; connections wait until `run` accepts them. A port that anybody else listens on is refused; a
    /// Unix socket that nobody listens on any more is replaced.
    ///
    /// - Throws: `.addressInUse`, `.resolve` (a name that needs asking: listen on an address), `.system`.
    public static func bind(
        to endpoint: Endpoint, options: ListenOptions = .init(), on group: EventLoopGroup
    ) throws(TransportError) -> Listener {
        var address = try address(of: endpoint)
        if case .unix(let path) = endpoint, try isAbandoned(address, at: path) { unlink(path) }
        let isTCP = address.family != AF_UNIX
        let loops = isTCP && options.reusePort ? group.loops : [group.loops[0]]
        var descriptors: [Int32] = []
        do throws(TransportError) {
            for index in loops.indices {
                let descriptor = try Socket.open(address.family)
                descriptors.append(descriptor)
                try bind(descriptor, to: address, isFirst: index == 0, isShared: loops.count > 1, endpoint)
                if index == 0, let bound = Socket.localAddress(descriptor) { address = bound }
            }
            // None listens before all are bound, so that no connection goes to a socket that nobody will serve.
            for descriptor in descriptors {
                guard listen(descriptor, Int32(clamping: options.backlog)) == 0 else {
                    throw .system("listen", errno, endpoint: endpoint)
                }
            }
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
        let places = zip(loops, descriptors).map { loop, descriptor in
            Place(loop: loop, channel: Channel(loop: loop, descriptor: descriptor))
        }
        let local: Endpoint = if case .unix = endpoint { endpoint } else { address.endpoint }
        return Listener(local, options, group, places)
    }

    /// Finds out whether `endpoint` could be listened on at this moment, and lets go of it.
    ///
    /// - Throws: What `bind` throws.
    public static func probe(_ endpoint: Endpoint) throws(TransportError) {
        let address = try address(of: endpoint)
        let descriptor = try Socket.open(address.family)
        defer { close(descriptor) }
        try bind(descriptor, to: address, isFirst: true, isShared: false, endpoint)
        guard listen(descriptor, 1) == 0 else { throw .system("listen", errno, endpoint: endpoint) }
        if case .unix(let path) = endpoint { unlink(path) }
    }

    private static func address(of endpoint: Endpoint) throws(TransportError) -> SocketAddress {
        switch endpoint {
        case .unix(let path):
            guard let found = SocketAddress(path: path) else {
                throw TransportError(.invalid, "the socket's path is too long", endpoint: endpoint)
            }
            return found
        case .tcp(let host, let port):
            // "localhost" is in the hosts file; another name is asked for here and now, which may block for long.
            switch Resolver.lookUp(host, port, flags: AI_NUMERICSERV | AI_PASSIVE) {
            case .success(let found) where !found.isEmpty: return found[0]
            case .success: throw TransportError(.resolve, "the name has no address", endpoint: endpoint)
            case .failure(let failure): throw TransportError(.resolve, failure.reason, endpoint: endpoint)
            }
        }
    }

    /// Whether a Unix socket was left behind by a process that has died. Anything else at its place stays there.
    private static func isAbandoned(_ address: SocketAddress, at path: String) throws(TransportError) -> Bool {
        guard SocketFile(path) != nil else { return false }
        let descriptor = try Socket.open(AF_UNIX)
        defer { close(descriptor) }
        return address.withPointer { connect(descriptor, $0, $1) } != 0 && errno == ECONNREFUSED
    }

    private static func bind(
        _ descriptor: Int32, to address: SocketAddress, isFirst: Bool, isShared: Bool,
        _ endpoint: Endpoint
    ) throws(TransportError) {
        if address.family != AF_UNIX {
            Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, to: 1)
            if address.family == AF_INET6 {
                Socket.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 0)
            }
        }
        // The first one is bound without sharing, so that it fails where anybody else has the port; the others join it.
        if isShared, !isFirst { Socket.set(descriptor, SOL_SOCKET, SO_REUSEPORT, to: 1) }
        guard address.withPointer({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw .system("bind", errno, endpoint: endpoint)
        }
        if isShared, isFirst { Socket.set(descriptor, SOL_SOCKET, SO_REUSEPORT, to: 1) }
    }

    // MARK: Serving

    /// Accepts connections and runs `handler` for each, as a task on the connection's loop; the stream is closed when
    /// the handler returns.
    ///
    /// Returns after `stop()` once all handlers have ended. Cancellation stops accepting and cancels the handlers.
    ///
    /// - Throws: `.closed` where a loop of the group has ended.
    public func run(_ handler: @escaping @Sendable (ByteStream) async -> Void)
        async throws(TransportError)
    {
        let failure = await withTaskCancellationHandler {
            await withTaskGroup(of: TransportError?.self) { tasks in
                for place in places {
                    tasks.addTask(executorPreference: place.loop) {
                        do throws(TransportError) {
                            try await self.accept(at: place, handler)
                            return nil
                        } catch {
                            self.stop()
                            return error
                        }
                    }
                }
                return await tasks.reduce(nil) { $0 ?? $1 }
            }
        } onCancel: {
            stop()
        }
        if let failure { throw failure }
    }

    /// Accepts no new connections; handlers go on.
    public func stop() {
        isStopped.store(true, ordering: .relaxed)
        for place in places { place.loop.execute { place.channel.reading.wake(.ready) } }
    }

    private func accept(
        at place: Place, _ handler: @escaping @Sendable (ByteStream) async -> Void
    ) async throws(TransportError) {
        let channel = place.channel
        try place.loop.register(channel)
        var reserve = ReserveDescriptor()
        var nextWarning = Deadline.now
        await withDiscardingTaskGroup { tasks in
            accepting: while !isStopped.load(ordering: .relaxed), !channel.isClosed {
                for _ in 0..<64 {
                    switch next(from: channel) {
                    case .connection(let descriptor):
                        serve(descriptor, at: place, &tasks, handler)
                        continue
                    case .none:
                        _ = await channel.reading.wait()
                        if Task.isCancelled { break accepting }
                    case .noDescriptors(let number):
                        // Once a second: those who are refused come again at once.
                        if nextWarning.hasPassed {
                            nextWarning = .after(.seconds(1))
                            log.warning(
                                "no descriptor for a connection",
                                metadata: [.error: TransportError.text(of: number), .count: refusedCount])
                        }
                        if let descriptor = reserve.accept(from: channel.descriptor) {
                            refused.wrappingAdd(1, ordering: .relaxed)
                            refuse(descriptor)
                            reserve.restore()
                            continue
                        }
                        _ = await WaitSlot(loop: place.loop).wait(until: .after(.milliseconds(50)))
                    case .failed(let number):
                        log.warning(
                            "a connection was not accepted", metadata: [.error: TransportError.text(of: number)])
                        _ = await WaitSlot(loop: place.loop).wait(until: .after(.milliseconds(50)))
                    }
                    continue accepting
                }
                await Task.yield()
            }
            file?.remove()
            channel.close()
            reserve.close()
        }
    }

    private enum Accepted {
        case connection(Int32)
        case none
        case noDescriptors(Int32)
        case failed(Int32)
    }

    private func next(from channel: Channel) -> Accepted {
        while channel.isReadable {
            let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = clinux_accept4(channel.descriptor, nil, nil, flags)
            if descriptor >= 0 { return .connection(descriptor) }
            switch errno {
            case EAGAIN: channel.isReadable = false
            case EMFILE, ENFILE: return .noDescriptors(errno)
            case ENOBUFS, ENOMEM: return .failed(errno)
            // The connection was gone before it was accepted, or the call was interrupted.
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH:
                continue
            default: return .failed(errno)
            }
        }
        return .none
    }

    private func serve(
        _ descriptor: Int32, at place: Place, _ tasks: inout DiscardingTaskGroup,
        _ handler: @escaping @Sendable (ByteStream) async -> Void
    ) {
        guard connections.wrappingAdd(1, ordering: .relaxed).newValue <= options.maxConnections else {
            connections.wrappingSubtract(1, ordering: .relaxed)
            refused.wrappingAdd(1, ordering: .relaxed)
            return refuse(descriptor)
        }
        if case .tcp = localEndpoint {
            Socket.configure(descriptor, noDelay: options.noDelay, keepAlive: options.keepAlive)
        }
        // One listening socket for all loops hands its connections round.
        let loop = places.count == 1 ? group.next() : place.loop
        tasks.addTask(executorPreference: loop) {
            defer { self.connections.wrappingSubtract(1, ordering: .relaxed) }
            let channel = Channel(loop: loop, descriptor: descriptor)
            do throws(TransportError) {
                try loop.register(channel)
            } catch {
                self.log.warning("a connection was not served", metadata: [.error: error])
                channel.close()
                return
            }
            let peer = Socket.peerAddress(descriptor)?.endpoint ?? self.localEndpoint
            let stream = ByteStream(channel: channel, endpoint: peer)
            defer { stream.close() }
            if let tls = self.options.tls {
                do throws(TransportError) {
                    try await stream.startTLS(tls, until: .after(self.options.handshakeTimeout))
                } catch {
                    self.failedHandshakes.wrappingAdd(1, ordering: .relaxed)
                    self.log.debug("TLS handshake failed", metadata: [.error: error])
                    return
                }
            }
            await handler(stream)
        }
    }

    /// Says no to a connection: what the options give for it, and an end in good order.
    private func refuse(_ descriptor: Int32) {
        options.refusal.withUnsafeBytes { bytes in
            _ = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        Glibc.shutdown(descriptor, Int32(SHUT_WR))
        // What the peer has sent is taken away first: closing over unread bytes would reset what was just written.
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
            _ = recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        close(descriptor)
    }
}

/// A descriptor kept for the moment when there is no other: given up, it lets a connection be accepted and closed, in
/// place of one that waits for ever.
private struct ReserveDescriptor {
    private var descriptor: Int32

    init() { descriptor = Self.open() }

    private static func open() -> Int32 { Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }

    /// Accepts a connection, to be refused; nil where there was no descriptor even for that.
    mutating func accept(from listener: Int32) -> Int32? {
        close()
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let accepted = clinux_accept4(listener, nil, nil, flags)
        if accepted >= 0 { return accepted }
        restore()
        return nil
    }

    /// Takes a descriptor again, where there is one.
    mutating func restore() {
        if descriptor < 0 { descriptor = Self.open() }
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// A Unix socket's file, told from any other that stands at its path later.
private struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// The socket at a path; nil where there is none, or something else.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    /// Removes it, where it is still the one.
    func remove() {
        guard let now = SocketFile(path), now.device == device, now.inode == inode else { return }
        unlink(path)
    }
}
