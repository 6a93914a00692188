import Bytes
import Transport

/// A partition as the broker serves it: its log, and who waits for it to grow.
///
/// Belongs to the broker's loop.
final class Partition {
    let log: PartitionLog
    /// The largest batch taken, in bytes.
    let maxBatchBytes: Int
    private var watches: [ObjectIdentifier: FetchWatch] = [:]

    init(log: PartitionLog, maxBatchBytes: Int) {
        self.log = log
        self.maxBatchBytes = maxBatchBytes
    }

    func add(_ watch: FetchWatch) { watches[ObjectIdentifier(watch)] = watch }

    func remove(_ watch: FetchWatch) { watches[ObjectIdentifier(watch)] = nil }

    /// Waits until the batch is in the log, or is refused.
    ///
    /// Whoever finds nobody writing writes all that waits, their own batch among it; so no task of its own is needed,
    /// and what comes while a write is under way goes with the next one.
    func finish(_ append: Append, report: (BrokerError) -> Void) async -> Append.Outcome {
        while true {
            if let outcome = append.outcome { return outcome }
            if log.isFlushing {
                // A write always ends, so this needs no deadline.
                await withUnsafeContinuation { continuation in
                    append.waiter = { continuation.resume() }
                }
            } else {
                await flush(report: report)
            }
        }
    }

    /// Writes what waits, once.
    func flush(report: (BrokerError) -> Void) async {
        guard let flush = log.stage(now: WallClock.milliseconds) else { return }
        do throws(Flush.Failure) {
            let file = try await BlockingPool.run { () throws(Flush.Failure) in try flush.run() }
            log.commit(to: file, now: WallClock.milliseconds)
            for watch in watches.values { watch.grew(by: flush.bytes.count) }
        } catch {
            switch error {
            case .cutOff(let cause):
                log.abort(stuck: false)
                report(cause)
            case .stuck(let cause):
                log.abort(stuck: true)
                report(cause)
            }
        }
        log.wakeNextLeader()
    }

    /// The partition goes away.
    func delete() {
        log.markDeleted()
        for watch in watches.values { watch.end() }
    }
}

/// A fetch that waits for its partitions to grow.
///
/// Belongs to the broker's loop.
final class FetchWatch {
    private var missing: Int
    private let signal: LoopSignal

    /// - Parameter missing: How many bytes are to come.
    init(missing: Int, on loop: EventLoop) {
        self.missing = missing
        signal = LoopSignal(on: loop)
    }

    func grew(by bytes: Int) {
        missing -= bytes
        if missing <= 0 { signal.signal() }
    }

    func end() {
        missing = 0
        signal.signal()
    }

    /// Waits until enough has come, the deadline has passed, or the broker ends.
    func wait(until deadline: Deadline) async {
        while missing > 0 {
            // A passed deadline is as good as enough bytes; and an ended connection's answer goes nowhere.
            do { try await signal.wait(deadline: deadline) } catch { return }
        }
    }
}
