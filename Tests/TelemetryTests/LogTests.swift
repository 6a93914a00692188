import Glibc
import Synchronization
import Telemetry
import Testing

/// One after the other: the settings are the process's.
@Suite(.serialized) struct LogTests {
    /// What `body` writes to the log, line by line, without the times.
    private func lines(_ format: LoggingSystem.Format, level: LogLevel = .trace, _ body: () -> Void) throws -> [String]
    {
        let file = try #require(tmpfile())
        defer { fclose(file) }
        LoggingSystem.bootstrap(level: level, format: format, descriptor: fileno(file))
        body()
        LoggingSystem.bootstrap()
        rewind(file)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        // Other tests may have something to say at the same time.
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").filter {
            $0.contains("room")
        }
        // 2026-01-09T12:00:00.123Z
        return lines.map { String($0.replacing(/[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z/, with: "TIME")) }
    }

    @Test func `text keeps a line a line, and a value a value`() throws {
        let found = try lines(.text) {
            let log = Logger(label: "room", metadata: ["loop": "1", "who": "logger"])
            log.info("plain", metadata: ["n": 3, "who": "line"])
            log.warning(
                "two\nlines\u{85}",
                metadata: ["v": "a b", "q": "say \"hi\"", "c": "\u{1b}[31m", "d": "\u{9b}", "e": ""])
        }
        #expect(
            found == [
                "TIME info room: plain loop=1 n=3 who=line",
                #"TIME warning room: two lines  loop=1 who=logger v="a b" q="say \"hi\"" c="\u001b[31m" d="\u009b" e="""#,
            ])
    }

    @Test func `JSON is one object a line, no key twice`() throws {
        let found = try lines(.json) {
            Logger(label: "room").error("failed", metadata: ["level": "high", "error": "a\\b\u{1}", "ü": "✓"])
        }
        #expect(
            found == [
                #"{"time":"TIME","level":"error","logger":"room","message":"failed","level_":"high","error":"a\\b\u0001","ü":"✓"}"#
            ])
    }

    @Test func `what is off is not even made`() throws {
        let found = try lines(.text, level: .warning) {
            func never() -> String {
                Issue.record("made a message that nobody sees")
                return ""
            }
            Logger(label: "room").info(never(), metadata: ["x": never()])
            Logger(label: "room").error("seen")
        }
        #expect(found == ["TIME error room: seen"])
    }

    @Test func `a handler gets what is said`() {
        let said = Mutex<[String]>([])
        LoggingSystem.bootstrap(level: .info) { record in
            guard record.label == "room" else { return }
            let pairs = record.metadata.pairs.map { "\($0.key)=\($0.value)" }
            said.withLock { $0.append("\(record.level) \(record.label) \(record.message) \(pairs)") }
        }
        Logger(label: "room").notice("hello", metadata: [.count: 2])
        LoggingSystem.bootstrap()
        #expect(said.withLock { $0 } == [#"notice room hello ["count=2"]"#])
    }
}
