import Bytes
import Transport

/// Appends to a journal for the tasks of one loop: entries that come while a write is under way share the next one.
///
/// Belongs to its loop.
final class JournalQueue {
    /// Entries that are written together, and who waits for them.
    private final class Round {
        var entries: [ByteSlice] = []
        var result: Result<Void, BrokerError>?
        var waiting: [UnsafeContinuation<Void, Never>] = []

        func wakeAll() {
            let waiting = self.waiting
            self.waiting = []
            waiting.forEach { $0.resume() }
        }
    }

    private var journal: Journal
    private var size: Int
    private let sync: Bool
    private var next = Round()
    private var isWriting = false
    /// Takes in an entry that was written.
    private let written: (ByteSlice) -> Void
    /// What a journal without anything out of date holds, where this one's size calls for it.
    private let compacted: (_ size: Int) -> ByteSlice?

    init(
        _ journal: Journal, size: Int, sync: Bool, written: @escaping (ByteSlice) -> Void,
        compacted: @escaping (_ size: Int) -> ByteSlice?
    ) {
        self.journal = journal
        self.size = size
        self.sync = sync
        self.written = written
        self.compacted = compacted
    }

    /// Appends the entries, all or none; returns once they are written and were taken in.
    func append(_ entries: [ByteSlice]) async throws(BrokerError) {
        guard !entries.isEmpty else { return }
        let round = next
        round.entries += entries
        while round.result == nil {
            if isWriting {
                await withUnsafeContinuation { round.waiting.append($0) }
            } else {
                await write()
            }
        }
        try round.result?.get()
    }

    private func write() async {
        isWriting = true
        let round = next
        next = Round()
        var writer = ByteWriter(capacity: 4096)
        for entry in round.entries { Journal.frame(entry, into: &writer) }
        let bytes = writer.finish()
        let (journal, size, sync) = (self.journal, self.size, self.sync)
        do throws(BrokerError) {
            try await BlockingPool.run { () throws(BrokerError) in try journal.append(bytes, at: size, sync: sync) }
            self.size += bytes.count
            round.entries.forEach(written)
            round.result = .success(())
        } catch {
            round.result = .failure(error)
        }
        if let fresh = compacted(self.size) {
            // A failure changes nothing: the journal as it is holds all, and the next write tries again.
            let replaced = try? await BlockingPool.run { () throws(BrokerError) in try journal.replaced(with: fresh) }
            if let replaced {
                self.journal = replaced
                self.size = fresh.count
            }
        }
        isWriting = false
        round.wakeAll()
        // One of those who wait for the next round leads it.
        if !next.waiting.isEmpty { next.waiting.removeFirst().resume() }
    }
}
