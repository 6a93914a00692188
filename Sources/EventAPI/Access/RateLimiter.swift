/// How many events each client may write: a bucket a client, which fills at the rate and holds two seconds' worth.
///
/// Pure: times come from whoever asks. A client that is not known has a full bucket, so one whose bucket is full again
/// need not be remembered.
struct RateLimiter {
    /// Events a second.
    let rate: Double
    /// What a full bucket holds.
    var capacity: Double { rate * 2 }
    /// The most clients that are remembered: past it one is forgotten for each that comes.
    let maximumClients: Int

    private struct Bucket {
        /// At `time`; below 0 where more was taken than there was.
        var tokens: Double
        /// In seconds.
        var time: Double
    }

    private var buckets: [String: Bucket] = [:]
    private var lastSweep = -Double.infinity

    init(eventsPerSecond rate: Int, maximumClients: Int = 65_536) {
        self.rate = Double(rate)
        self.maximumClients = maximumClients
    }

    /// Takes so many events out of a client's bucket. More than it holds at most are taken when it is full, and leave it in
    /// debt.
    ///
    /// - Parameter now: In seconds, from any beginning; never less than before.
    /// - Returns: 0 where they were taken, else after how many seconds they will be there.
    mutating func take(_ count: Int, of client: String, at now: Double) -> Double {
        let tokens = tokens(of: client, at: now)
        let needed = min(Double(count), capacity)
        // A full bucket may be a hair less than full, by rounding.
        guard tokens + 1e-6 >= needed else { return (needed - tokens) / rate }
        if buckets[client] == nil, buckets.count >= maximumClients { makeRoom(at: now) }
        buckets[client] = Bucket(tokens: tokens - Double(count), time: now)
        return 0
    }

    /// How many clients are remembered.
    var clientCount: Int { buckets.count }

    private func tokens(of client: String, at now: Double) -> Double {
        guard let bucket = buckets[client] else { return capacity }
        return min(capacity, bucket.tokens + max(0, now - bucket.time) * rate)
    }

    /// Forgets those whose buckets are full again, at most once a second; any one where there are none.
    private mutating func makeRoom(at now: Double) {
        if now - lastSweep >= 1 {
            lastSweep = now
            let (rate, capacity) = (rate, capacity)
            buckets = buckets.filter { $0.value.tokens + (now - $0.value.time) * rate < capacity }
        }
        if buckets.count >= maximumClients { buckets.remove(at: buckets.startIndex) }
    }
}
