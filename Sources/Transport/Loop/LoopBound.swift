/// A value that only its loop's thread touches, checked at each access; the holder itself may go anywhere.
///
/// - Safety: `Sendable` whatever the value is, since every access to it is on one thread, and so is its end.
public struct LoopBound<Value>: @unchecked Sendable {
    private final class Cell {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    private final class Box {
        let loop: EventLoop
        /// Counted by hand: whatever held the value here for a moment longer might be its last holder, on the wrong thread.
        private let cell: Unmanaged<Cell>

        init(_ value: Value, loop: EventLoop) {
            cell = .passRetained(Cell(value))
            self.loop = loop
        }

        var value: Value {
            // The cell lives as long as this object.
            get { cell._withUnsafeGuaranteedRef { $0.value } }
            _modify { yield &cell.takeUnretainedValue().value }
        }

        deinit {
            // The value ends on its loop, as it lived there; nobody else has it any more.
            if loop.isCurrent { return cell.release() }
            let last = UncheckedTransfer(cell)
            loop.execute { last.value.release() }
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
