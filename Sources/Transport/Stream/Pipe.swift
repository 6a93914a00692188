import CLinux
import Glibc

/// A pipe's two ends, which processes that are started do not inherit. Whoever made it closes them.
package struct Pipe {
    /// Where to read.
    package let readEnd: Int32
    /// Where to write.
    package let writeEnd: Int32

    /// Makes a pipe.
    package init(flags: Int32 = 0) throws(TransportError) {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe2(&ends, Int32(O_CLOEXEC) | flags) == 0 else { throw .system("pipe2", errno) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }
}
