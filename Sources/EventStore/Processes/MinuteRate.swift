/// How many there were in the last minute, of what is counted up and looked at now and then.
struct MinuteRate {
    /// What the count was, and when, in seconds; the oldest is a minute old or a little more.
    private var looks: [(time: Double, count: Int)] = []

    /// The count is this now.
    ///
    /// - Returns: how many were added within the last minute, or since the first look where that is not as long ago.
    mutating func observe(_ count: Int, at time: Double) -> Int {
        looks.append((time, count))
        // One that is a minute old stays, to count from.
        while looks.count > 1, looks[1].time <= time - 60 { looks.removeFirst() }
        return max(0, count - looks[0].count)
    }
}
