import CLinux
import Glibc

/// Binds a child of `up` to it: where `up` dies, by `kill -9` too, the child is told to stop.
enum ParentProcess {
    /// The variable in which `up` tells its children its process id.
    static let variable = "EVENT_ANALYTICS_PARENT"

    /// Whether this process may run: it is nobody's child, or its parent is still there.
    static func follow(_ environment: Environment) -> Bool {
        guard let parent = environment[variable].flatMap({ pid_t($0) }) else { return true }
        _ = clinux_signal_at_parents_end(SIGTERM)
        // The parent may have died before the line above; this process has another one then.
        return getppid() == parent
    }
}
