import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite struct HeapTests {
    /// The sanitizers bring an allocator of their own, of which the C library tells nothing (Scripts/test-sanitized).
    private static let isSystemHeap = getenv("SANITIZED") == nil

    @Test(.enabled(if: isSystemHeap, "the sanitizers have a heap of their own"))
    func theHeapTellsWhatIsFreeAndHeld() {
        #expect(Heap.residentBytes > 1 << 20)
        let before = Heap.freeBytes
        // Small pieces, so that they come from the heap; one is kept behind them, so that the heap cannot shrink.
        var pieces = (0..<20_000).map { _ in malloc(1_000) }
        let last = malloc(1_000)
        for piece in pieces { free(piece) }
        pieces = []
        #expect(Heap.freeBytes > before)
        Heap.trim()
        free(last)
    }

    @Test func whatALoopHeldForManyIsLetGoOf() async throws {
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                await withTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<5_000 {
                        tasks.addTask(executorPreference: loop) {
                            do { try await loop.sleep(for: .milliseconds(20)) } catch {}
                        }
                    }
                }
                #expect(loop.spareCapacity > 4_000)
                loop.shrink()
                #expect(loop.spareCapacity < 1_000)
                // It goes on as before.
                try await loop.sleep(for: .milliseconds(1))
            }
        }
    }
}
