import Foundation
import Synchronization
import Transport

/// A Kafka cluster that a test has started, and that ends with it.
final class TestKafka: Sendable {
    let brokers: [Endpoint]
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle

    /// The package's root folder.
    static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized

    /// Where Apache Kafka for tests is, or nil on machines without it.
    static let apacheFolder: URL? = {
        for path in ["../shared/kafka", "../../shared/kafka"] {
            let folder = root.appending(path: path).standardized
            if FileManager.default.isExecutableFile(atPath: folder.appending(path: "run").path()) { return folder }
        }
        return nil
    }()

    /// Why tests against Apache Kafka are left out.
    static let apacheIsMissing = "Apache Kafka for tests is not on this machine (../shared/kafka)"

    static let mockScript = root.appending(path: "Scripts/kafka-mock")

    /// Whether librdkafka's mock cluster can be started.
    static let hasMock = FileManager.default.isExecutableFile(
        atPath: root.appending(path: ".build/venv/bin/python").path())

    static let mockIsMissing = "librdkafka's mock cluster is not set up: run 'Scripts/setup test'"

    private init(_ executable: URL, _ arguments: [String], key: String) throws {
        process = Process()
        process.executableURL = executable
        process.arguments = arguments
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
        try process.run()
        let line = Self.readLine(self.output)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        guard let list = object?[key] as? String else { throw CocoaError(.fileReadCorruptFile) }
        brokers = try list.split(separator: ",").map { try Endpoint.parse(String($0)) }
    }

    private static func readLine(_ handle: FileHandle) -> String {
        var line = Data()
        while let byte = try? handle.read(upToCount: 1), !byte.isEmpty, byte.first != 10 { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// librdkafka's mock cluster.
    static func mock(brokers: Int = 3) throws -> TestKafka {
        try TestKafka(mockScript, ["\(brokers)"], key: "brokers")
    }

    /// Apache Kafka.
    static func apache(nodes: Int = 1, _ arguments: [String] = []) throws -> TestKafka {
        let folder = apacheFolder ?? root
        return try TestKafka(
            folder.appending(path: "run"), ["--nodes", "\(nodes)", "--stop-at-eof"] + arguments, key: "plaintext")
    }

    /// Breaks or mends something: `kill 2`, `start 2`, `pause 1`, `resume 1`. Returns once it has happened.
    func command(_ text: String) async throws {
        try input.write(contentsOf: Data((text + "\n").utf8))
        let output = output
        _ = await BlockingPool.run { Self.readLine(output) }
    }

    /// Ends the cluster.
    func stop() {
        try? input.close()
        process.terminate()
        process.waitUntilExit()
    }
}
