import Glibc
import Synchronization

/// The same few atomics several times over, each time on cache lines of their own: a thread adds to one set, whoever wants
/// to know adds all of them up. So threads that count the same thing do not pull a line from each other's processor.
///
/// - Safety: `Sendable` though it holds a pointer: the memory is made once, freed with the object, and between the two
///   holds atomics alone.
final class ThreadCells: @unchecked Sendable {
    /// How many sets there are; a power of two. Threads beyond share.
    private static let sets = 8
    private static let line = 64

    private let base: UnsafeMutablePointer<Atomic<Int>>
    private let stride: Int

    init(count: Int) {
        let perLine = Self.line / MemoryLayout<Atomic<Int>>.stride
        stride = (count + perLine - 1) / perLine * perLine
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: Self.sets * stride * MemoryLayout<Atomic<Int>>.stride, alignment: Self.line)
        base = memory.bindMemory(to: Atomic<Int>.self, capacity: Self.sets * stride)
        for index in 0..<Self.sets * stride { (base + index).initialize(to: Atomic(0)) }
    }

    deinit {
        base.deinitialize(count: Self.sets * stride)
        UnsafeMutableRawPointer(base).deallocate()
    }

    /// Calls `body` with this thread's set.
    @inline(__always)
    func mine(_ body: (UnsafeMutablePointer<Atomic<Int>>) -> Void) {
        // A thread's handle is an address, alike in its lowest bits: multiplying spreads the others (Fibonacci hashing).
        let mixed = UInt64(pthread_self()) &* 0x9e37_79b9_7f4a_7c15
        body(base + Int(mixed >> 61) * stride)
    }

    /// One of the atomics, added up over all threads.
    func sum(_ index: Int) -> Int { all(index).reduce(0, &+) }

    /// One of the atomics, for each set.
    func all(_ index: Int) -> [Int] { (0..<Self.sets).map { base[$0 * stride + index].load(ordering: .relaxed) } }
}
