import Foundation
import KafkaProtocol
import Testing
import Transport

@testable import KafkaBroker

/// Clients that others made, where they are installed.
enum OtherClients {
    static let kcat = ["/usr/bin/kcat", "/usr/local/bin/kcat"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// A Python that has confluent-kafka: the build folder's environment.
    static let python: String? = {
        let folder = FileManager.default.currentDirectoryPath
        let named = ProcessInfo.processInfo.environment["TEST_PYTHON"]
        let candidates: [String] = [named ?? "", "\(folder)/.build/venv/bin/python"]
        return candidates.first { (path: String) -> Bool in
            FileManager.default.isExecutableFile(atPath: path)
                && run(path, ["-c", "import confluent_kafka"]).status == 0
        }
    }()

    /// Runs a program to its end.
    static func run(_ program: String, _ arguments: [String], input: String = "") -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return (-1, "\(error)") }
        stdin.fileHandleForWriting.write(Data(input.utf8))
        stdin.fileHandleForWriting.closeFile()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

@Suite(.timeLimit(.minutes(3))) struct OtherClientsTests {
    @Test(.enabled(if: OtherClients.kcat != nil, "kcat is not installed: apt-get install kcat"))
    func kcatProducesAndConsumes() throws {
        let kcat = try #require(OtherClients.kcat)
        let folder = try TemporaryFolder()
        let process = try BrokerProcess(folder: folder.path)
        let broker = process.endpoint.description
        let lines = (0..<1_000).map { "line \($0)\n" }.joined()
        for codec in ["none", "gzip", "lz4", "snappy"] {
            let topic = "kcat-\(codec)"
            let produced = OtherClients.run(
                kcat, ["-b", broker, "-P", "-t", topic, "-z", codec, "-X", "enable.idempotence=true"], input: lines)
            #expect(produced.status == 0)
            let consumed = OtherClients.run(kcat, ["-b", broker, "-C", "-t", topic, "-e", "-o", "beginning"])
            #expect(consumed.status == 0)
            #expect(consumed.output == lines)
        }
        let grouped = OtherClients.run(
            kcat, ["-b", broker, "-G", "g", "-X", "auto.offset.reset=earliest", "-c", "1000", "kcat-lz4"])
        #expect(grouped.output == lines)
        #expect(process.stop() == 0)
    }

    @Test(.enabled(if: OtherClients.python != nil, "confluent-kafka is not installed: run Scripts/setup"))
    func confluentKafkaUsesGroups() throws {
        let python = try #require(OtherClients.python)
        let folder = try TemporaryFolder()
        let process = try BrokerProcess(folder: folder.path)
        let result = OtherClients.run(python, ["-c", Self.script, process.endpoint.description])
        #expect(result.status == 0, "\(result.output)")
        #expect(process.stop() == 0)
    }

    /// Two members of a group share what was produced in every compression, commit it, and a third finds it committed.
    private static let script = """
        import sys, threading
        from confluent_kafka import Consumer, Producer, TopicPartition
        from confluent_kafka.admin import AdminClient, NewTopic
        broker, topic, seen, lock, done = sys.argv[1], "shared", {}, threading.Lock(), threading.Event()
        admin = AdminClient({"bootstrap.servers": broker})
        admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(10)
        for codec in ("none", "gzip", "lz4", "snappy", "zstd"):
            producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "compression.type": codec})
            for i in range(500):
                producer.produce(topic, key=f"{codec}{i}", value=f"{codec} {i}")
            assert producer.flush(20) == 0
        def consume():
            consumer = Consumer({"bootstrap.servers": broker, "group.id": "g", "auto.offset.reset": "earliest",
                                 "enable.auto.commit": False, "session.timeout.ms": 6000})
            consumer.subscribe([topic])
            while not done.is_set():
                message = consumer.poll(0.1)
                if message is None or message.error():
                    continue
                with lock:
                    seen[(message.partition(), message.offset())] = message.value()
                    if len(seen) == 2500:
                        done.set()
            try:
                consumer.commit(asynchronous=False)
            except Exception as error:
                print(error)
            consumer.close()
        threads = [threading.Thread(target=consume) for _ in range(2)]
        for thread in threads: thread.start()
        assert done.wait(60), len(seen)
        for thread in threads: thread.join()
        assert len(set(seen.values())) == 2500
        group = admin.describe_consumer_groups(["g"])["g"].result(10)
        assert group.state.name == "EMPTY", group.state
        consumer = Consumer({"bootstrap.servers": broker, "group.id": "g"})
        committed = consumer.committed([TopicPartition(topic, p) for p in range(4)], timeout=10)
        ends = [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(4)]
        assert sum(ends) == 2500, ends
        print([p.offset for p in committed], ends)
        consumer.close()
        admin.delete_topics([topic])[topic].result(10)
        """
}
