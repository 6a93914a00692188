import Glibc
import Testing

@testable import Supervision

@Suite struct OutputFileTests {
    /// A file in a folder of the test's own, and a descriptor that appends to it.
    private final class Place {
        let folder: String
        let path: String
        let descriptor: Int32

        init() {
            var template = Array("/tmp/output-file-XXXXXX".utf8CString)
            mkdtemp(&template)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            path = "\(folder)/child.log"
            descriptor = OutputFile(path: path).open()
        }

        deinit {
            close(descriptor)
            for name in [path, "\(path).1"] { unlink(name) }
            rmdir(folder)
        }

        var size: Int {
            var status = stat()
            return stat(path, &status) == 0 ? Int(status.st_size) : 0
        }

        func text(_ path: String) -> String {
            let descriptor = open(path, O_RDONLY)
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            return String(decoding: bytes[..<max(0, read(descriptor, &bytes, bytes.count))], as: UTF8.self)
        }
    }

    fileprivate static func write(_ line: String, to descriptor: Int32) {
        _ = Glibc.write(descriptor, line, line.utf8.count)
    }

    @Test func aSmallFileStays() {
        let place = Place()
        let file = OutputFile(path: place.path, limit: 100, descriptors: [place.descriptor])
        Self.write("a line\n", to: place.descriptor)
        #expect(!file.keepWithinBounds())
        #expect(place.text(place.path) == "a line\n")
        #expect(file.lastLine == "a line")
    }

    @Test func whatIsWrittenAfterwardsGoesToANewFile() {
        let place = Place()
        let file = OutputFile(path: place.path, limit: 10, descriptors: [place.descriptor])
        Self.write("before the move\n", to: place.descriptor)
        #expect(file.keepWithinBounds())
        Self.write("after\n", to: place.descriptor)
        #expect(place.text("\(place.path).1") == "before the move\n")
        #expect(place.text(place.path) == "after\n")
        #expect(file.lastLine == "after")
    }

    @Test func aFileThatSomebodyElseWritesToIsLeftAlone() {
        let (place, other) = (Place(), Place())
        Self.write("more than ten bytes\n", to: place.descriptor)
        #expect(!OutputFile(path: place.path, limit: 10, descriptors: [other.descriptor]).keepWithinBounds())
        #expect(place.text(place.path) == "more than ten bytes\n")
    }

    /// A thread writes numbered lines without a pause, while the file is moved again and again.
    @Test func noLineIsLostWhileTheFileIsMoved() {
        let place = Place()
        let file = OutputFile(path: place.path, limit: 2_000, descriptors: [place.descriptor])
        let descriptor = place.descriptor
        let writer = Writer(to: descriptor, lines: 50_000)
        writer.start()
        var (text, moves) = ("", 0)
        while !writer.hasEnded {
            guard place.size > 2_000 else { continue }
            // Whoever has written to the new file is done with the old one.
            if moves > 0 { text += place.text("\(place.path).1") }
            #expect(file.keepWithinBounds())
            moves += 1
        }
        text += place.text("\(place.path).1") + place.text(place.path)
        #expect(moves > 1)
        let isWhole = text == (0..<50_000).map { "line \($0)\n" }.joined()
        #expect(isWhole)
    }

    /// - Safety: `descriptor` and `lines` are constant; the flag is written once, by the thread, before it ends.
    private final class Writer: @unchecked Sendable {
        private let descriptor: Int32
        private let lines: Int
        private var thread = pthread_t()
        private let done = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private var ended = false

        init(to descriptor: Int32, lines: Int) {
            self.descriptor = descriptor
            self.lines = lines
            pthread_mutex_init(done, nil)
        }

        deinit {
            pthread_join(thread, nil)
            pthread_mutex_destroy(done)
            done.deallocate()
        }

        var hasEnded: Bool {
            pthread_mutex_lock(done)
            defer { pthread_mutex_unlock(done) }
            return ended
        }

        func start() {
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Writer>.fromOpaque(argument).takeUnretainedValue().run()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
        }

        private func run() {
            for number in 0..<lines { OutputFileTests.write("line \(number)\n", to: descriptor) }
            pthread_mutex_lock(done)
            ended = true
            pthread_mutex_unlock(done)
        }
    }
}
