import CLinux
import Glibc

/// How to connect.
public struct ConnectOptions: Sendable {
    /// The time for all of it: the name's look-up, every address, TLS's handshake.
    public var connectTimeout: Duration = .seconds(10)
    /// How long an address is waited for before the next one is tried beside it (RFC 8305).
    public var headStart: Duration = .milliseconds(250)
    /// TLS to speak; nil for none.
    public var tls: TLSConfiguration? = nil
    /// Whether small writes go out at once.
    public var noDelay = true
    /// When a silent peer is asked whether it is there; nil for never.
    public var keepAlive: KeepAlive? = KeepAlive()

    /// The usual options.
    public init(connectTimeout: Duration = .seconds(10), tls: TLSConfiguration? = nil) {
        self.connectTimeout = connectTimeout
        self.tls = tls
    }
}

extension ByteStream {
    /// Connects: every address of the name is tried, IPv6 and IPv4 in turn, each with a head start before the next one
    /// is tried beside it. The stream lives on `loop`; so must the caller's task.
    ///
    /// - Throws: `.resolve`, `.connectRefused`, `.unreachable`, `.deadline`, `.cancelled`, `.tls`: where several
    ///   addresses failed, the error of the last one, with all of them in its message.
    public static func connect(
        to endpoint: Endpoint, options: ConnectOptions = .init(), on loop: EventLoop
    ) async throws(TransportError) -> ByteStream {
        loop.preconditionCurrent()
        let deadline = Deadline.after(options.connectTimeout)
        let addresses = try await Resolver.resolve(endpoint, deadline: deadline, on: loop)
        return try await connect(to: endpoint, at: addresses, options: options, until: deadline, on: loop)
    }

    static func connect(
        to endpoint: Endpoint, at addresses: [SocketAddress], options: ConnectOptions, until deadline: Deadline,
        on loop: EventLoop
    ) async throws(TransportError) -> ByteStream {
        let race = ConnectRace(endpoint: endpoint, addresses: addresses, options: options, loop: loop)
        let channel = try await race.run(until: deadline)
        let stream = ByteStream(channel: channel, endpoint: endpoint)
        if let tls = options.tls {
            do throws(TransportError) {
                try await stream.startTLS(tls, until: deadline)
            } catch {
                stream.close()
                throw error
            }
        }
        return stream
    }
}

extension TransportError {
    /// Why a connection could not be made.
    fileprivate static func connect(_ number: Int32, _ endpoint: Endpoint) -> TransportError {
        var error = TransportError.system("connect", number, endpoint: endpoint)
        switch number {
        // A Unix socket that is not there.
        case ENOENT: error.code = .connectRefused
        case ETIMEDOUT: error.code = .unreachable
        default: break
        }
        return error
    }
}

/// Attempts to connect to one endpoint's addresses, of which the first to succeed wins. All of them wake one slot.
private struct ConnectRace {
    let endpoint: Endpoint
    var addresses: [SocketAddress]
    let options: ConnectOptions
    let loop: EventLoop
    let slot: WaitSlot
    private var next = 0
    private var pending: [Channel] = []
    private var failures: [TransportError] = []
    /// An attempt has failed since the last look.
    private var failed = false

    init(endpoint: Endpoint, addresses: [SocketAddress], options: ConnectOptions, loop: EventLoop) {
        self.endpoint = endpoint
        self.addresses = addresses
        self.options = options
        self.loop = loop
        slot = WaitSlot(loop: loop)
    }

    consuming func run(until deadline: Deadline) async throws(TransportError) -> Channel {
        var race = self
        do {
            let winner = try await race.winner(until: deadline)
            race.closeAll(but: winner)
            return winner
        } catch {
            race.closeAll(but: nil)
            throw error
        }
    }

    private mutating func closeAll(but winner: Channel?) {
        for channel in pending where channel !== winner { channel.close() }
        slot.retire()
        // The winner waits for itself from now on.
        winner?.writing = WaitSlot(loop: loop, ofChannel: true)
    }

    private mutating func winner(until deadline: Deadline) async throws(TransportError) -> Channel {
        var nextStart = Deadline.now
        while true {
            // A failed attempt makes way for the next one at once.
            while next < addresses.count, pending.isEmpty || nextStart.hasPassed {
                start(addresses[next])
                next += 1
                nextStart = .after(options.headStart)
            }
            if let winner = check() { return winner }
            if failed {
                failed = false
                nextStart = .now
                if next < addresses.count { continue }
            }
            if pending.isEmpty, next < addresses.count { continue }
            guard !pending.isEmpty else { throw failure() }
            let until = next < addresses.count ? min(nextStart, deadline) : deadline
            switch await slot.wait(until: until) {
            case .ready: continue
            case .cancelled: throw TransportError(.cancelled, "cancelled", endpoint: endpoint)
            case .closed: throw TransportError(.closed, "the event loop has ended", endpoint: endpoint)
            case .inUse: throw TransportError(.inUse, "two tasks connect with one race", endpoint: endpoint)
            case .deadline:
                guard deadline.hasPassed else { continue }
                throw TransportError(
                    .deadline, "no connection within \(options.connectTimeout)", endpoint: endpoint)
            }
        }
    }

    private mutating func start(_ address: SocketAddress) {
        do throws(TransportError) {
            let descriptor = try Socket.open(address.family)
            if address.family != AF_UNIX {
                Socket.configure(descriptor, noDelay: options.noDelay, keepAlive: options.keepAlive)
            }
            let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
            let number = errno
            // A Unix socket whose backlog is full says EAGAIN: it must be tried again, which a caller's retry does.
            guard result == 0 || number == EINPROGRESS || number == EINTR else {
                close(descriptor)
                throw .connect(number, address.endpoint)
            }
            let channel = Channel(loop: loop, descriptor: descriptor, writing: slot)
            channel.isWritable = result == 0
            channel.peer = address.endpoint
            do throws(TransportError) {
                try loop.register(channel)
            } catch {
                channel.close()
                throw error
            }
            pending.append(channel)
        } catch {
            failures.append(error)
        }
    }

    /// The first attempt that has succeeded; those that failed are taken out.
    private mutating func check() -> Channel? {
        for channel in pending where channel.isWritable {
            let number = Socket.takeError(channel.descriptor)
            let peer = Socket.peerAddress(channel.descriptor)
            if number == 0, let peer {
                // A port that nobody listens on may be given to the very socket that asks for it: it then meets itself.
                let isItself =
                    peer.family != AF_UNIX
                    && Socket.localAddress(channel.descriptor)?.isSame(as: peer) == true
                if !isItself { return channel }
            }
            pending.removeAll { $0 === channel }
            channel.close()
            // A name may have many addresses: which one it was helps.
            failures.append(.connect(number == 0 ? ECONNREFUSED : number, channel.peer ?? endpoint))
            failed = true
        }
        return nil
    }

    private func failure() -> TransportError {
        guard var last = failures.last else {
            return TransportError(.resolve, "the name has no address", endpoint: endpoint)
        }
        if failures.count > 1 { last.message = failures.map(\.description).joined(separator: "; ") }
        last.endpoint = endpoint
        return last
    }
}
