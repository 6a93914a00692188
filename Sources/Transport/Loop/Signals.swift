import Glibc
import Synchronization

/// A signal that a server acts on.
public enum Signal: Int32, Sendable, CaseIterable, CustomStringConvertible {
    /// The terminal's Ctrl-C.
    case interrupt = 2
    /// Please end.
    case terminate = 15
    /// Please read your settings again.
    case hangup = 1

    /// The signal's name.
    public var description: String {
        switch self {
        case .interrupt: "SIGINT"
        case .terminate: "SIGTERM"
        case .hangup: "SIGHUP"
        }
    }
}

/// Takes signals as they come, in place of what they do by default. One task waits for them.
///
///     let signals = try Signals([.interrupt, .terminate], on: loop)
///     let signal = try await signals.next()
///
/// The last one made gets them. When it ends, they do what they did by default.
///
/// - Safety: `Sendable` though it holds changing state: `channel` and `seen` are touched on the loop's thread alone,
///   which `next` checks.
public final class Signals: @unchecked Sendable {
    private let loop: EventLoop
    private let channel: Channel
    private let writeEnd: Int32
    private let signals: [Signal]
    private var seen: [Signal] = []

    /// Takes the given signals from now on. On the loop only.
    public init(_ signals: [Signal], on loop: EventLoop) throws(TransportError) {
        loop.preconditionCurrent()
        self.loop = loop
        self.signals = signals
        let pipe = try Pipe(flags: Int32(O_NONBLOCK))
        writeEnd = pipe.writeEnd
        channel = Channel(loop: loop, descriptor: pipe.readEnd)
        do {
            try loop.register(channel)
        } catch {
            close(pipe.writeEnd)
            channel.close()
            throw error
        }
        // The old end stays open: a handler may be about to write to it on another thread.
        _ = signalPipe.exchange(pipe.writeEnd, ordering: .sequentiallyConsistent)
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                // Async-signal-safe: a load and a write. The error number is the interrupted code's.
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = Glibc.write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
                errno = saved
            }
            action.sa_flags = SA_RESTART
            guard sigaction(signal.rawValue, &action, nil) == 0 else { throw .system("sigaction", errno) }
        }
    }

    deinit {
        let channel = channel
        // The write end stays open: a handler may be about to write to it on another thread. Nor may that meet a pipe
        // without a reader: so the default actions come first.
        if signalPipe.compareExchange(expected: writeEnd, desired: -1, ordering: .sequentiallyConsistent).exchanged {
            for number in signals { signal(number.rawValue, SIG_DFL) }
        }
        loop.execute { channel.close() }
    }

    /// Waits for the next signal.
    ///
    /// - Throws: `.cancelled`, `.closed` where the loop ends, `.inUse` where another task waits.
    public func next() async throws(TransportError) -> Signal {
        loop.preconditionCurrent()
        while true {
            if !seen.isEmpty { return seen.removeFirst() }
            if channel.isClosed { throw TransportError(.closed, "the event loop has ended") }
            if channel.isReadable {
                var bytes: [UInt8] = Array(repeating: 0, count: 16)
                let count = read(channel.descriptor, &bytes, bytes.count)
                if count <= 0 { channel.isReadable = false }
                seen += bytes.prefix(max(count, 0)).compactMap { Signal(rawValue: Int32($0)) }
                continue
            }
            switch await channel.reading.wait() {
            case .ready, .deadline: continue
            case .cancelled: throw TransportError(.cancelled, "cancelled")
            case .closed: throw TransportError(.closed, "the event loop has ended")
            case .inUse: throw TransportError(.inUse, "another task waits for the signals already")
            }
        }
    }
}

/// Where the handler writes to. It is made before the first handler is.
private let signalPipe = Atomic<Int32>(-1)
