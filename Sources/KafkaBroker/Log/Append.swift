import Bytes

/// A batch on its way into a partition's log.
///
/// Belongs to its partition's loop.
final class Append {
    enum Outcome: Equatable {
        case appended(baseOffset: Int64)
        /// It was in the log already; nothing was appended.
        case duplicate(baseOffset: Int64)
        case outOfOrder
        case fenced
        /// It could not be written, and is not in the log.
        case failed
        /// The partition went away.
        case gone
    }

    /// The batch as it was received: checked, and with its base offset still to be given.
    let batch: ByteSlice
    let header: BatchHeader
    var outcome: Outcome?
    /// Resumes whoever waits for the outcome.
    var waiter: (() -> Void)?

    init(batch: ByteSlice, header: BatchHeader) {
        self.batch = batch
        self.header = header
    }

    func wake() {
        let waiter = self.waiter
        self.waiter = nil
        waiter?()
    }
}
