/// Finds how far an actor comes through a funnel. It keeps its memory from one actor to the next.
struct FunnelWalk {
    let steps: Int
    /// In milliseconds.
    let window: Int64
    let isStrict: Bool

    /// For each step the first event from each place on that meets it: `steps` times one more than there are events.
    private var next: [Int32] = []

    init(steps: Int, window: Int64, isStrict: Bool) {
        self.steps = steps
        self.window = window
        self.isStrict = isStrict
    }

    /// The events of the beginning that comes furthest, the earliest of several: one for each step that was reached. Empty
    /// where no event meets the first step.
    mutating func furthest(_ timeline: Timeline) -> [Int] {
        let count = timeline.count
        if !isStrict { index(timeline) }
        var best: [Int] = []
        var chain: [Int] = []
        for start in 0..<count where timeline.mask(start) & 1 != 0 {
            chain.removeAll(keepingCapacity: true)
            chain.append(start)
            var place = start
            while chain.count < steps {
                let step = chain.count
                let found = isStrict ? following(timeline, place, step) : Int(next[step * (count + 1) + place + 1])
                guard found < count, timeline.time(found) - timeline.time(start) <= window else { break }
                chain.append(found)
                place = found
            }
            if chain.count > best.count { swap(&best, &chain) }
            if best.count == steps { break }
        }
        return best
    }

    /// The event behind a place, where it is the step; else one past the last.
    private func following(_ timeline: Timeline, _ place: Int, _ step: Int) -> Int {
        let found = place + 1
        return found < timeline.count && timeline.mask(found) >> UInt32(step) & 1 != 0 ? found : timeline.count
    }

    private mutating func index(_ timeline: Timeline) {
        let count = timeline.count
        let size = steps * (count + 1)
        if next.count < size { next.append(contentsOf: repeatElement(0, count: size - next.count)) }
        for step in 1..<max(steps, 2) where step < steps {
            let base = step * (count + 1)
            next[base + count] = Int32(count)
            for place in stride(from: count - 1, through: 0, by: -1) {
                let isStep = timeline.mask(place) >> UInt32(step) & 1 != 0
                next[base + place] = isStep ? Int32(place) : next[base + place + 1]
            }
        }
    }
}
