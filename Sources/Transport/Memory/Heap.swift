import CLinux
import Glibc

/// The process's heap: what it keeps of freed memory, and how that goes back to the system.
public enum Heap {
    /// Bounds what the heap keeps, for a process whose work is done by `threads` threads. To be called at the start, before
    /// other threads are.
    ///
    /// glibc would make eight arenas a core, each with free memory of its own, and raise the size above which memory is
    /// taken from the system directly with each large piece that is freed, up to 32 MiB: what was large once would then
    /// stay for ever. Fixed sizes give that back at once; pieces below them are kept and cost no page faults.
    public static func bound(threads: Int = EventLoopGroup.cores) {
        clinux_bound_heap(Int32(clamping: threads + 1), 4 << 20, 2 << 20)
    }

    /// How many bytes were freed and are kept; 0 where the C library does not tell. Looks at every free piece, with the
    /// heap locked: not for a loop's thread.
    static var freeBytes: Int { Int(clamping: clinux_free_heap()) }

    /// Gives back to the system what is free in whole pages. It may take milliseconds, with the heap locked.
    static func trim() { clinux_trim_heap() }

    /// How many bytes of memory the process has at the moment.
    static var residentBytes: Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &text, text.count)
        // The size, a blank, the resident part: in pages.
        let fields = text[..<max(count, 0)].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
