public import Bytes
import CLinux
import Glibc

/// A connection: bytes that come and go, over TCP or a Unix socket, with TLS or without.
///
/// A stream lives on one loop: it is made there, and used by tasks that run there, which each call checks. One task may
/// read while another one writes; a second reader or writer is refused with `.inUse`, and the first goes on. Cancelling a task that waits ends its wait with `.cancelled`; the stream stays as it
/// was, but for a write that was cut in its middle: after that nothing can be written any more.
///
/// A stream that nobody holds any more is closed.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the loop's thread alone. `close()` and
///   the end of the object, which may happen elsewhere, send themselves there.
public final class ByteStream: @unchecked Sendable {
    /// The loop that the stream lives on.
    public let loop: EventLoop

    /// Where it was asked to connect to, or the peer's address as it was accepted.
    public let endpoint: Endpoint

    let channel: Channel
    /// TLS, where it is spoken.
    private(set) var engine: TLSEngine?
    /// What TLS's handshake came to; nil without TLS.
    public private(set) var tls: TLSInfo?

    var isWriting = false
    /// A write was cut in its middle: what came behind it would be read as something else.
    var isCut = false
    var isShutForWriting = false

    /// Reads and writes in a row that did not wait.
    private var unwaited = 0

    init(channel: Channel, endpoint: Endpoint) {
        self.channel = channel
        loop = channel.loop
        self.endpoint = endpoint
    }

    deinit {
        let channel = channel
        let engine = engine
        if loop.isCurrent {
            Self.end(channel, engine)
        } else {
            loop.execute { Self.end(channel, engine) }
        }
    }

    /// Whether TLS is spoken.
    public var isTLS: Bool { tls != nil }

    /// The peer's address; nil where the connection is gone.
    public var peerAddress: Endpoint? {
        loop.preconditionCurrent()
        return channel.isClosed ? nil : Socket.peerAddress(channel.descriptor)?.endpoint
    }

    /// This side's address; nil where the connection is gone.
    public var localAddress: Endpoint? {
        loop.preconditionCurrent()
        return channel.isClosed ? nil : Socket.localAddress(channel.descriptor)?.endpoint
    }

    /// Whether this side has closed it.
    public var isClosed: Bool {
        loop.preconditionCurrent()
        return channel.isClosed
    }

    /// Whether the socket may have something that was not read.
    package var hasUnreadBytes: Bool { channel.isReadable }

    /// Whether a write waits for the peer to read.
    package var hasUnfinishedWrite: Bool { isWriting }

    /// Whether the peer was seen to have ended its side, or to be gone; there may still be bytes to read.
    public var peerHasClosed: Bool {
        loop.preconditionCurrent()
        return channel.peerHasClosed
    }

    /// Has `action` run once when the peer ends its side or is gone, at once where that was seen already; nil has nothing
    /// run any more. For what takes long and is of no use to a peer that has gone.
    ///
    /// It runs on the loop, between others' events: it may cancel or signal, and must not read, write or close.
    package func whenPeerCloses(_ action: (() -> Void)?) {
        loop.preconditionCurrent()
        channel.peerClosed = action
        if channel.peerHasClosed { channel.peerClosed.take()?() }
    }

    // MARK: Reading

    /// Reads what there is into the buffer, waiting where there is nothing.
    ///
    /// - Parameters:
    ///   - buffer: where the bytes go, behind those that wait there.
    ///   - room: how many bytes of room the buffer shall have at least.
    ///   - deadline: until when to wait.
    /// - Returns: how many bytes came; 0 when the peer has ended its side in good order.
    /// - Throws: `.deadline`, `.cancelled`, `.closed`, `.inUse` where another task waits to read, `.reset`, `.tls`.
    public func read(
        into buffer: ReceiveBuffer, atLeast room: Int = 4096, deadline: Deadline = .never
    ) async throws(TransportError) -> Int {
        try await read(into: buffer, atLeast: room) { await $0.wait(until: deadline) }
    }

    @inline(__always)
    private func read(
        into buffer: ReceiveBuffer, atLeast room: Int, _ wait: (WaitSlot) async -> Wake
    ) async throws(TransportError) -> Int {
        loop.preconditionCurrent()
        while true {
            if let count = try readNow(into: buffer, atLeast: room) {
                await breathe()
                return count
            }
            if await hasMore() { continue }
            unwaited = 0
            try check(await wait(channel.reading), reading: true)
        }
    }

    /// Whether TLS has stopped in the middle of what the socket has, without anything to show for it: then the loop's
    /// other tasks go on first.
    @inline(__always)
    private func hasMore() async -> Bool {
        guard let engine, engine.hasMore else { return false }
        await Task.yield()
        return true
    }

    /// Lets the loop's other tasks go on now and then, where the peer is so fast that this one never waits.
    @inline(__always)
    func breathe() async {
        unwaited &+= 1
        guard unwaited >= 8 else { return }
        unwaited = 0
        await Task.yield()
    }

    /// Reads as `read` does, but goes on waiting where the task is cancelled: for whoever closes the stream then. It
    /// costs a good deal less.
    package func readUncancelled(
        into buffer: ReceiveBuffer, atLeast room: Int, deadline: Deadline
    ) async throws(TransportError) -> Int {
        try await read(into: buffer, atLeast: room) { await $0.waitUncancelled(until: deadline) }
    }

    /// Reads what is there at this very moment, whether the loop has heard of it or not; nil where there is nothing.
    package func readArrived(into buffer: ReceiveBuffer) throws(TransportError) -> Int? {
        channel.isReadable = true
        return try readNow(into: buffer, atLeast: 1)
    }

    /// Reads what there is without waiting; nil where there is nothing yet.
    private func readNow(into buffer: ReceiveBuffer, atLeast room: Int) throws(TransportError) -> Int? {
        if channel.isClosed { throw closed() }
        if let engine { return try readNow(engine, into: buffer, atLeast: room) }
        guard channel.isReadable else { return nil }
        var asked = 0
        var result = 0
        var number: Int32 = 0
        _ = buffer.fill(atLeast: max(room, 1)) { free in
            asked = free.count
            repeat {
                result = recv(channel.descriptor, free.baseAddress, free.count, 0)
                number = errno
            } while result < 0 && number == EINTR
            return max(result, 0)
        }
        if result == 0, channel.failure != 0 { throw .system("read", channel.failure, endpoint: endpoint) }
        if result >= 0 {
            // Less than there was room for: nothing is left, and what comes next tells of itself. Not so where the
            // peer has closed: that was told already, and the end is still to be read.
            if result > 0, result < asked, !channel.peerHasClosed { channel.isReadable = false }
            return result
        }
        guard number == EAGAIN else {
            channel.failure = number
            throw .system("read", number, endpoint: endpoint)
        }
        channel.isReadable = false
        return nil
    }

    /// Waits at one of the channel's slots.
    func pause(_ slot: WaitSlot, until deadline: Deadline, reading: Bool) async throws(TransportError) {
        unwaited = 0
        try check(await slot.wait(until: deadline), reading: reading)
    }

    private func check(_ wake: Wake, reading: Bool) throws(TransportError) {
        switch wake {
        case .ready: return
        case .deadline:
            throw TransportError(
                .deadline,
                reading ? "nothing came before the deadline" : "the peer did not read before the deadline",
                endpoint: endpoint)
        case .cancelled: throw TransportError(.cancelled, "cancelled", endpoint: endpoint)
        case .closed: throw closed()
        case .inUse: throw reading ? inUse("reads from") : inUse("writes to")
        }
    }

    func closed() -> TransportError {
        TransportError(.closed, "the connection was closed here", endpoint: endpoint)
    }

    func inUse(_ what: StaticString) -> TransportError {
        TransportError(.inUse, "another task \(what) the stream already", endpoint: endpoint)
    }

    // MARK: Ending

    /// Closes the connection: at once, and reads and writes that wait end with `.closed`. From any thread; again does
    /// nothing.
    public func close() {
        if loop.isCurrent { closeNow() } else { loop.execute { self.closeNow() } }
    }

    private func closeNow() { Self.end(channel, engine) }

    private static func end(_ channel: Channel, _ engine: TLSEngine?) {
        guard !channel.isClosed else { return }
        // As far as the socket takes it at once: closing does not wait.
        if let engine { _ = try? engine.goodbye() }
        channel.close()
    }

    // MARK: TLS

    /// Speaks TLS from now on: both sides agree on keys and show their certificates.
    func startTLS(_ configuration: TLSConfiguration, until deadline: Deadline)
        async throws(TransportError)
    {
        let engine = try TLSEngine(configuration.store.current, channel, endpoint: endpoint)
        while true {
            if channel.isClosed { throw closed() }
            do throws(TransportError) {
                switch try engine.handshake() {
                case .done:
                    self.engine = engine
                    tls = engine.info
                    return
                case .wantsRead where engine.hasMore:
                    guard !deadline.hasPassed else { throw TransportError(.deadline, "") }
                    await Task.yield()
                case .wantsRead: try await pause(channel.reading, until: deadline, reading: true)
                case .wantsWrite: try await pause(channel.writing, until: deadline, reading: false)
                case .end:
                    throw TransportError(
                        .tls, "TLS: the peer said goodbye during the handshake", endpoint: endpoint)
                }
            } catch {
                guard error.code == .deadline else { throw error }
                throw TransportError(.deadline, "TLS: no handshake before the deadline", endpoint: endpoint)
            }
        }
    }

    private func readNow(
        _ engine: TLSEngine, into buffer: ReceiveBuffer, atLeast room: Int
    ) throws(TransportError) -> Int? {
        var step = TLSEngine.Step.end
        let count = try buffer.fill(atLeast: max(room, 1)) { (free) throws(TransportError) in
            step = try engine.read(into: free)
            if case .done(let count) = step { return count }
            return 0
        }
        channel.readNeedsWrite = false
        switch step {
        case .done: return count
        case .end: return 0
        case .wantsRead: return nil
        case .wantsWrite:
            channel.readNeedsWrite = true
            return nil
        }
    }
}
