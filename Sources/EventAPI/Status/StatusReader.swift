import EventStore
import Events
import KafkaClient
import KafkaProtocol
import Telemetry
import Transport

/// Finds out how the pipeline fares, for all who ask: at most once a second.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone.
final class StatusReader: @unchecked Sendable {
    private let configuration: EventAPIConfiguration
    private let store: EventStore
    private let loop: EventLoop
    private var last: (status: PipelineStatus, until: Deadline)?
    private var isAsking = false
    private let answered: LoopSignal

    /// How long Kafka may take to answer.
    private static let patience = Duration.seconds(2)

    init(_ configuration: EventAPIConfiguration, _ store: EventStore, on loop: EventLoop) {
        self.configuration = configuration
        self.store = store
        self.loop = loop
        answered = LoopSignal(on: loop)
    }

    /// How it fares now, or did a second ago.
    func status() async throws -> PipelineStatus {
        try await loop.run {
            while true {
                if let last = self.last, !last.until.hasPassed { return last.status }
                if self.isAsking {
                    try await self.answered.wait()
                    continue
                }
                self.isAsking = true
                defer {
                    self.isAsking = false
                    self.answered.signal()
                }
                let status = try await self.ask()
                self.last = (status, .after(.seconds(1)))
                return status
            }
        }
    }

    private func ask() async throws -> PipelineStatus {
        var status = PipelineStatus()
        do {
            try await withDeadline(.after(Self.patience)) { try await self.askKafka(&status) }
        } catch {
            try Task.checkCancellation()
            status.problems.append("Kafka: \(error)")
        }
        do throws(EventStoreError) {
            status.processes = try await store.processes()
        } catch {
            try Task.checkCancellation()
            status.problems.append("ClickHouse: \(error)")
        }
        return status
    }

    private func askKafka(_ status: inout PipelineStatus) async throws {
        var kafka = configuration.kafka
        kafka.callTimeout = Self.patience
        let admin = KafkaAdmin(kafka, on: loop)
        let running = Task { try await admin.run() }
        defer { running.cancel() }
        let (topic, letters) = (configuration.topic.name, configuration.topic.deadLetterName)
        let topics = try await admin.describeTopics([topic, letters])
        func partitions(_ name: String) -> [TopicPartition] {
            (0..<Int32(topics[name]?.partitionCount ?? 0)).map { TopicPartition(name, $0) }
        }
        let all = partitions(topic)
        let ends = try await admin.offsets(of: all, at: .latest)
        let committed = try await admin.committedOffsets(ofGroup: configuration.groupID, all)
        let lettersEnds = try await admin.offsets(of: partitions(letters), at: .latest)
        let lettersStarts = try await admin.offsets(of: partitions(letters), at: .earliest)
        status.partitions = all.map { partition in
            PipelineStatus.Partition(
                number: partition.partition, end: ends[partition] ?? 0, committed: committed[partition])
        }
        status.deadLetters = lettersEnds.reduce(0) { $0 + max(0, $1.value - (lettersStarts[$1.key] ?? 0)) }
        await admin.close()
    }
}
