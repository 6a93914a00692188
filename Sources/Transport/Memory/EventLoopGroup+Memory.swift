import Telemetry

extension EventLoopGroup {
    /// Gives memory back to the system a little after load has gone, until the task is cancelled: what many connections
    /// took is not kept for ever. While the loops are busy nothing is done.
    public func keepMemory() async {
        let log = Logger(label: "transport.memory")
        let loop = loops[0]
        var decision = TrimDecision(loops: loops.count)
        while true {
            do {
                try await loop.run { try await loop.sleep(for: .seconds(1)) }
            } catch {
                // Cancelled, or the loop has ended.
                return
            }
            guard decision.look(at: .now, busy: loops.reduce(.zero) { $0 + $1.busyTime }) else { continue }
            for loop in loops { loop.execute { loop.shrink() } }
            let before = await BlockingPool.run { (free: Heap.freeBytes, resident: Heap.residentBytes) }
            guard decision.shouldTrim(free: before.free, resident: before.resident) else { continue }
            let after = await BlockingPool.run {
                Heap.trim()
                return (free: Heap.freeBytes, resident: Heap.residentBytes)
            }
            decision.trimmed(free: after.free, resident: after.resident)
            log.debug(
                "memory given back",
                metadata: ["before": "\(before.resident >> 20)", "after": "\(after.resident >> 20)"])
        }
    }
}
