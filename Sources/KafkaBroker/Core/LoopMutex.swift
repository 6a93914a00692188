/// Lets the tasks of one loop through one at a time, in the order in which they came.
///
/// Belongs to its loop.
final class LoopMutex {
    private var isTaken = false
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    /// Runs `body` once nobody else is inside. Waiting cannot be cancelled: what is done inside always ends.
    func withLock<Result, Failure: Error>(_ body: () async throws(Failure) -> Result) async throws(Failure) -> Result {
        if isTaken {
            await withUnsafeContinuation { waiting.append($0) }
        } else {
            isTaken = true
        }
        defer {
            // Whoever waited longest takes it over as it is.
            if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        }
        return try await body()
    }
}
