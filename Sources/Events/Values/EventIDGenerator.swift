import Synchronization

/// Makes ids of version 7 (RFC 9562): 48 bits of milliseconds, then 74 bits that start at random and go up by a random
/// step while the millisecond stays the same, so that the ids of a process are in the order in which they were made.
public final class EventIDGenerator: Sendable {
    private struct State {
        var milliseconds: UInt64 = 0
        var first: UInt64 = 0
        var second: UInt64 = 0
        /// Random bits for the next steps: the system is asked once for four of them.
        var steps: UInt64 = 0
        var stepCount = 0
    }

    private let state = Mutex(State())

    /// The process's generator: ids are ordered among all who take theirs from it.
    public static let shared = EventIDGenerator()

    /// Makes a generator.
    public init() {}

    /// The next id.
    ///
    /// - Parameter time: the time that goes into the id; one that lies before the last id's is taken as the last one's.
    public func next(at time: Timestamp) -> EventID {
        let now = UInt64(max(time.milliseconds, 0)) & 0xffff_ffff_ffff
        return state.withLock { state in
            if now > state.milliseconds {
                state.milliseconds = now
                var source = SystemRandomNumberGenerator()
                // The top bit of each stays clear, so that there is room to count up.
                state.first = source.next() & 0x7ff
                state.second = source.next() & 0x1fff_ffff_ffff_ffff
            } else {
                // The step is random and never zero: a neighbour's id cannot be guessed from one's own.
                if state.stepCount == 0 {
                    var source = SystemRandomNumberGenerator()
                    state.steps = source.next()
                    state.stepCount = 4
                }
                state.second &+= (state.steps & 0xffff) &+ 1
                state.steps &>>= 16
                state.stepCount -= 1
                if state.second > 0x3fff_ffff_ffff_ffff {
                    state.second &= 0x3fff_ffff_ffff_ffff
                    state.first &+= 1
                    if state.first > 0xfff {
                        state.first = 0
                        state.milliseconds &+= 1
                    }
                }
            }
            return EventID(
                high: state.milliseconds &<< 16 | 0x7000 | state.first, low: 0x8000_0000_0000_0000 | state.second)
        }
    }
}
