/// A value that only its loop's thread touches, checked at each access; the holder itself may go anywhere.
///
/// - Safety: `Sendable` whatever the value is, since every access to it is on one thread, and so is its end.
public struct LoopBound<Value>: @unchecked Sendable {
    private final class Box {
        let loop: EventLoop
        /// There until the end.
        private var stored: Value?

        init(_ value: Value, loop: EventLoop) {
            stored = value
            self.loop = loop
        }

        var value: Value {
            get {
                guard let stored else { preconditionFailure("a value was used after its end") }
                return stored
            }
            _modify {
                guard var value = stored.take() else { preconditionFailure("a value was used after its end") }
                defer { stored = value }
                yield &value
            }
        }

        deinit {
            // The value ends on its loop, as it lived there; nobody else has it any more.
            if !loop.isCurrent, let last = stored.take() {
                let rest = UncheckedTransfer(last)
                loop.execute { _ = rest }
            }
        }
    }

    private let box: Box

    /// Binds a value to a loop. From any thread, where nobody else uses the value.
    public init(_ value: sending Value, on loop: EventLoop) {
        box = Box(value, loop: loop)
    }

    /// The loop.
    public var loop: EventLoop { box.loop }

    /// The value. On the loop only.
    public var value: Value {
        get {
            box.loop.preconditionCurrent()
            return box.value
        }
        nonmutating _modify {
            box.loop.preconditionCurrent()
            yield &box.value
        }
    }
}
