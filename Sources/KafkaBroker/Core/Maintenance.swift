import Bytes
import Transport

extension BrokerCore {
    /// Looks after the logs until the broker ends: checkpoints, syncs, retention.
    func runMaintenance() async {
        var interval = Duration.seconds(5)
        if case .every(let duration) = configuration.sync { interval = min(interval, duration) }
        while !Task.isCancelled {
            do { try await loop.sleep(for: interval) } catch { return }
            for topic in topics.values {
                for partition in topic.partitions {
                    await maintain(partition, of: topic)
                    if Task.isCancelled { return }
                }
            }
        }
    }

    private func maintain(_ partition: Partition, of topic: Topic) async {
        let log = partition.log
        let now = WallClock.milliseconds
        if case .every = configuration.sync { await sync(log) }
        await checkpoint(log, growth: Self.checkpointGrowth)
        log.expireProducers(before: now - 86_400_000)
        let settings = topic.info.settings
        let bytes = settings["retention.bytes"].flatMap(Int.init) ?? configuration.retentionBytes
        let age = settings["retention.ms"].flatMap(Int64.init) ?? configuration.retention?.milliseconds
        let until = log.expiredUntil(
            retentionBytes: bytes.flatMap { $0 < 0 ? nil : $0 },
            retentionSince: age.flatMap { $0 < 0 ? nil : now.subtractingReportingOverflow($0).partialValue })
        if until > log.startOffset { _ = await advanceStart(of: log, to: until) }
    }

    private func sync(_ log: PartitionLog) async {
        for segment in log.segments where segment.synced < segment.size {
            let (file, size) = (segment.file, segment.size)
            do throws(BrokerError) {
                try await BlockingPool.run { () throws(BrokerError) in try file.sync() }
                segment.synced = max(segment.synced, size)
            } catch {
                report(error)
            }
        }
    }

    /// How many bytes the last segment of a log gains between two checkpoints, at least: what a start after a crash has
    /// to read again, and read in less time than the disk takes to sync it.
    private static let checkpointGrowth = 32 << 20

    /// Stores what is known of the log, so that the next start need not read it again.
    func checkpoint(_ log: PartitionLog, growth: Int = 0) async {
        guard let last = log.segments.last, last.size - last.checkpointed > growth || growth == 0 else { return }
        for (segment, checkpoint) in log.checkpoints() {
            let file = segment.file
            do throws(BrokerError) {
                try await BlockingPool.run { () throws(BrokerError) in
                    // The checkpoint must not outlive what it tells of when the machine ends.
                    try file.sync()
                    try Folder.replace(Checkpoint.path(of: file.path), with: checkpoint.sealed())
                }
                segment.checkpointed = max(segment.checkpointed, checkpoint.size)
                segment.synced = max(segment.synced, checkpoint.size)
            } catch {
                return report(error)
            }
        }
    }

    /// Writes what waits and stores what is known: the last thing before the end.
    func shutDown() async {
        coordinator.shutDown()
        deliverGroupEffects()
        for topic in topics.values {
            for partition in topic.partitions {
                while partition.log.hasPending, !partition.log.isFlushing { await partition.flush(report: report) }
                await checkpoint(partition.log)
            }
        }
    }
}
