import Synchronization
import Transport

/// The contexts of a server's loops, for `stop()`, which may come from anywhere and before they are made.
final class LoopContexts: Sendable {
    private struct State {
        var contexts: [LoopBound<LoopContext>] = []
        var isDraining = false
    }

    private let state = Mutex(State())

    func set(_ contexts: [LoopBound<LoopContext>]) {
        let isDraining = state.withLock { state in
            state.contexts = contexts
            return state.isDraining
        }
        if isDraining { drain() }
    }

    func drain() {
        let contexts = state.withLock { state in
            state.isDraining = true
            return state.contexts
        }
        for context in contexts {
            context.loop.execute { context.value.drain() }
        }
    }
}
