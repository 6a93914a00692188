import Glibc

/// How many files and sockets this process may have open at once.
public enum OpenFiles {
    /// The limit that holds at the moment.
    public static var limit: Int {
        var limits = rlimit()
        // What cannot be asked is taken for what systems give at the least.
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 1_024 }
        return Int(clamping: limits.rlim_cur)
    }

    /// Raises the limit as far as this process may: what shells give, often 1,024, is meant for programs that use
    /// `select`.
    public static func raiseLimit() {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return }
        limits.rlim_cur = limits.rlim_max
        // Where the system refuses that, things stay as they were, and bounds are made for that.
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }
}
