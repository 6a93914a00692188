import Glibc

/// A point in time on the monotonic clock by which something must be done.
public struct Deadline: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Nanoseconds on the monotonic clock.
    @usableFromInline
    let nanoseconds: Int64

    @inlinable
    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// A deadline that never passes.
    public static let never = Deadline(nanoseconds: .max)

    /// Now.
    @inlinable
    public static var now: Deadline { Deadline(nanoseconds: monotonicNanoseconds()) }

    /// The time after `duration` from now; what is too far away to be told is `.never`.
    @inlinable
    public static func after(_ duration: Duration) -> Deadline { now.advanced(by: duration) }

    /// The time after `milliseconds` from now.
    @inlinable
    public static func after(milliseconds: Int) -> Deadline { after(.milliseconds(milliseconds)) }

    /// This deadline moved by `duration`.
    @inlinable
    public func advanced(by duration: Duration) -> Deadline {
        if self == .never { return .never }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return overflow ? (duration < .zero ? Deadline(nanoseconds: .min) : .never) : Deadline(nanoseconds: sum)
    }

    /// How long it is from this moment to another one; negative where that came before.
    public func duration(to other: Deadline) -> Duration {
        .nanoseconds(other.nanoseconds.subtractingReportingOverflow(nanoseconds).partialValue)
    }

    /// Whether it has passed.
    @inlinable
    public var hasPassed: Bool { self != .never && self <= .now }

    /// The time that is left, not below zero; some 292 years for `.never`.
    public var remaining: Duration {
        if self == .never { return .nanoseconds(Int64.max) }
        let (left, overflow) = nanoseconds.subtractingReportingOverflow(Deadline.now.nanoseconds)
        return .nanoseconds(overflow ? Int64.max : max(left, 0))
    }

    /// Orders by time.
    @inlinable
    public static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }

    /// For logs.
    public var description: String { self == .never ? "never" : "in \(remaining)" }
}

extension Duration {
    /// The nanoseconds in it, held to what 64 bits can tell.
    @inlinable
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}

@usableFromInline
func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

/// The time of day, which may jump: for what people and other machines read, never for waiting.
public enum WallClock {
    /// Microseconds since 1970, UTC.
    public static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }

    /// Milliseconds since 1970, UTC.
    public static var milliseconds: Int64 { microseconds / 1000 }
}
