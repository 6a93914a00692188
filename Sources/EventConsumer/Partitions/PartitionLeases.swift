import Events

/// What this consumer has of each partition: what it applied and may commit, and the rows that it wrote lately. All of it
/// stands in one lease, which is given up as a whole when the partition is taken away; a lease that was given up and taken
/// again is another one.
///
/// A value without clocks and connections: the group's calls and the batches' progress go in.
struct PartitionLeases {
    private struct Lease {
        let number: Int
        /// Where reading began; nil before.
        var start: Int64?
        /// The offset behind the last operation that was applied.
        var applied: Int64?
        var committed: Int64?
        var isRevoking = false
        /// Whether a commit was tried since the partition is being revoked.
        var wasSettled = false
    }

    private var leases: [Int32: Lease] = [:]
    private var lastNumber = 0
    /// The partitions of the batch that is being collected or applied.
    private var held: Set<Int32> = []
    private(set) var cache: RowCache

    init(cacheBytes: Int) { cache = RowCache(limit: cacheBytes) }

    /// The partitions that this consumer has, those included that are being revoked.
    var partitions: [Int32] { leases.keys.sorted() }

    /// Whether partitions are waited for: a batch should be ended soon.
    var isRevoking: Bool { leases.values.contains { $0.isRevoking } }

    // MARK: The group's calls

    /// These partitions are this consumer's from now on.
    mutating func assign(_ partitions: some Sequence<Int32>) {
        for partition in partitions {
            giveUp([partition])
            lastNumber += 1
            leases[partition] = Lease(number: lastNumber)
        }
    }

    /// These partitions go to others soon: nothing of them is begun any more.
    mutating func revoke(_ partitions: some Sequence<Int32>) {
        for partition in partitions where leases[partition]?.isRevoking == false {
            leases[partition]?.isRevoking = true
            leases[partition]?.wasSettled = false
        }
    }

    /// Whether nothing of these partitions is under way, and what was applied of them is committed, or could not be.
    func isSettled(_ partitions: some Sequence<Int32>) -> Bool {
        partitions.allSatisfy { partition in
            guard let lease = leases[partition] else { return true }
            return !held.contains(partition) && (lease.wasSettled || lease.applied == lease.committed)
        }
    }

    /// These partitions are others' now.
    mutating func giveUp(_ partitions: some Sequence<Int32>) {
        let partitions = Set(partitions)
        for partition in partitions { leases[partition] = nil }
        cache.remove(partitions: partitions)
    }

    // MARK: A batch

    /// The lease under which records of a partition may be taken now; nil where they are somebody else's, or soon will be.
    func lease(of partition: Int32) -> Int? {
        guard let lease = leases[partition], !lease.isRevoking else { return nil }
        return lease.number
    }

    /// Notes that records of a partition, from that offset on, are in the batch that is being collected.
    mutating func hold(_ partition: Int32, from offset: Int64) {
        held.insert(partition)
        if leases[partition]?.start == nil { leases[partition]?.start = offset }
    }

    /// The batch is done with: it was committed, as far as that was possible, or given up.
    mutating func release() { held.removeAll() }

    /// Whether any of the partitions of a batch is still this consumer's, as it was when the batch was taken: otherwise it is
    /// others' to apply.
    func holds(_ batch: OperationBatch) -> Bool {
        batch.leases.contains { leases[$0.key]?.number == $0.value }
    }

    /// The whole rows that are known of a batch's events: a snapshot, which no eviction and no revocation changes.
    func knownRows(of batch: OperationBatch) -> [EventID: Event] {
        var known: [EventID: Event] = [:]
        for (id, chain) in batch.chains where leases[chain.partition]?.number == batch.leases[chain.partition] {
            if let row = cache.row(id, partition: chain.partition) { known[id] = row }
        }
        return known
    }

    /// Keeps a row that was written, unless its partition was taken away meanwhile.
    mutating func keep(_ row: Event, partition: Int32, lease: Int?) {
        guard let lease, leases[partition]?.number == lease else { return }
        cache.insert(row, partition: partition)
    }

    /// Everything of a partition's records before `offset` was applied.
    mutating func applied(_ partition: Int32, lease: Int?, before offset: Int64) {
        guard let lease, leases[partition]?.number == lease else { return }
        leases[partition]?.applied = offset
    }

    /// The offset behind the last operation that was applied, or where reading began; nil where it has not.
    func applied(_ partition: Int32) -> Int64? { leases[partition].flatMap { $0.applied ?? $0.start } }

    // MARK: Commits

    /// A commit of some offsets.
    struct Commit: Equatable {
        /// By partition: the offset behind what was applied.
        var offsets: [Int32: Int64]
        fileprivate var leases: [Int32: Int]
    }

    /// What was applied and not committed yet; nil where there is nothing.
    var dueCommit: Commit? {
        let due = leases.filter { $0.value.applied != $0.value.committed }
        guard !due.isEmpty else { return nil }
        return Commit(offsets: due.compactMapValues(\.applied), leases: due.mapValues(\.number))
    }

    /// A commit was answered, or failed. What was not committed is committed with the next batch, or applied again without
    /// effect by whoever has the partition then.
    mutating func ended(_ commit: Commit, isCommitted: Bool) {
        for (partition, number) in commit.leases where leases[partition]?.number == number {
            if isCommitted { leases[partition]?.committed = commit.offsets[partition] }
            if leases[partition]?.isRevoking == true { leases[partition]?.wasSettled = true }
        }
    }
}
