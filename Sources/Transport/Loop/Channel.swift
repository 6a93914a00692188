import CLinux
import Glibc

/// A descriptor that a loop watches: registered once, edge-triggered, with what is known about it.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the loop's thread alone.
final class Channel: @unchecked Sendable {
    let loop: EventLoop
    let descriptor: Int32
    private(set) var isClosed = false

    /// Whether a read may find something, or a write have room: true until the system said otherwise.
    var isReadable = true
    var isWritable = true

    /// Whether the peer has ended its side: the end must still be read, and no further event tells of it.
    private(set) var peerHasClosed = false

    /// What is done once when the peer ends its side or is gone.
    var peerClosed: (() -> Void)?

    /// Why it failed, where it did. The system tells whoever asks first, and an orderly end to whoever asks next.
    var failure: Int32 = 0

    /// Where it is being connected to, for errors.
    var peer: Endpoint?

    /// Who waits to read and to write.
    let reading: WaitSlot
    var writing: WaitSlot

    /// TLS may have to write before it can read on, and the other way round.
    var readNeedsWrite = false
    var writeNeedsRead = false

    init(loop: EventLoop, descriptor: Int32, writing: WaitSlot? = nil) {
        self.loop = loop
        self.descriptor = descriptor
        reading = WaitSlot(loop: loop, ofChannel: true)
        self.writing = writing ?? WaitSlot(loop: loop, ofChannel: true)
    }

    /// Marks what the event says and wakes who waits for it. Nothing runs or is closed before all events of a batch
    /// are marked, so none of them can meet a descriptor that was closed and used again meanwhile.
    func handle(_ events: UInt32) {
        if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            peerHasClosed = true
            peerClosed.take()?()
        }
        if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            isReadable = true
            reading.wake(.ready)
            if writeNeedsRead { writing.wake(.ready) }
        }
        if events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            isWritable = true
            writing.wake(.ready)
            if readNeedsWrite { reading.wake(.ready) }
        }
    }

    /// Closes the descriptor and ends both waits.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        peerClosed = nil
        loop.deregister(self)
        Glibc.close(descriptor)
        reading.wake(.closed)
        writing.wake(.closed)
        reading.retire()
        writing.retire()
    }
}
