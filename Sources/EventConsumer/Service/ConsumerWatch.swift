import EventStore
import KafkaClient
import Telemetry
import Transport

/// Finds out what others are told of a consumer: how far behind it is, and whether Kafka and ClickHouse are there.
///
/// - Safety: `Sendable` though it holds changing state: that is touched on the loop's thread alone.
final class ConsumerWatch: @unchecked Sendable {
    private let service: EventConsumer
    private let loop: EventLoop
    private let store: EventStore
    private let producer: KafkaProducer
    private let consumer: KafkaConsumer
    private let assignment: Assignment
    /// How far behind the consumer is.
    var meter = LagMeter()
    /// Why it is not known where the partitions end.
    private var endsProblem: String?

    /// When the consumer was last seen to be a member of its group.
    private var memberAt: Deadline?

    /// How long a member may be none before others are told.
    private static let rebalancePatience = Duration.seconds(10)
    /// The time between two looks.
    private static let interval = Duration.milliseconds(500)
    /// How long a look may take: what has not answered by then is not there.
    private static let patience = Duration.seconds(2)

    init(
        _ service: EventConsumer, store: EventStore, producer: KafkaProducer, consumer: KafkaConsumer,
        assignment: Assignment, on loop: EventLoop
    ) {
        self.service = service
        self.loop = loop
        self.store = store
        self.producer = producer
        self.consumer = consumer
        self.assignment = assignment
    }

    /// Looks at Kafka and ClickHouse until it is cancelled.
    func dependencies() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await self.repeatedly {
                    self.service.readiness.set(
                        "kafka", problem: self.producer.onLoop.problem?.description ?? self.endsProblem)
                }
            }
            tasks.addTask {
                try await self.repeatedly {
                    let problem = await self.store.problem()
                    try Task.checkCancellation()
                    self.service.readiness.set("clickhouse", problem: problem?.code == .schema ? nil : problem?.message)
                    // What was known of the schema stays as it was while ClickHouse is away.
                    if problem?.code == .schema { self.service.readiness.set("schema", problem: problem?.message) }
                }
            }
            for try await _ in tasks {}
        }
    }

    /// Shows how far behind the consumer is, and whether it is a member of its group, until it is cancelled.
    func lag() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await self.repeatedly { await self.lookAtEnds() } }
            tasks.addTask {
                try await self.repeatedly {
                    let problem = self.consumer.onLoop.membershipProblem
                    if problem == nil { self.memberAt = .now }
                    // Rebalances pass; one that does not is a problem.
                    let isPassing = self.memberAt.map { $0.duration(to: .now) < Self.rebalancePatience } ?? false
                    self.service.readiness.set("group", problem: isPassing ? nil : problem?.description)
                }
            }
            tasks.addTask {
                try await self.repeatedly {
                    let now = WallClock.milliseconds
                    self.meter.observe(applied: self.applied, now: now)
                    self.service.metrics.show(self.meter, now: now)
                }
            }
            for try await _ in tasks {}
        }
    }

    private func repeatedly(_ look: @escaping @Sendable () async throws -> Void) async throws {
        try await loop.run {
            while true {
                try await look()
                try await self.loop.sleep(for: Self.interval)
            }
        }
    }

    private func lookAtEnds() async {
        do {
            let consumer = consumer
            let ends = try await withDeadline(.after(Self.patience)) { try await consumer.endOffsets() }
            var byPartition: [Int32: Int64] = [:]
            for (partition, end) in ends { byPartition[partition.partition] = end }
            let now = WallClock.milliseconds
            meter.observe(applied: applied, now: now)
            meter.observe(ends: byPartition, now: now)
            endsProblem = nil
        } catch let error as KafkaError {
            endsProblem = error.description
        } catch {
            endsProblem = "Kafka did not answer within \(Self.patience)"
        }
    }

    /// What is applied of each partition: where reading began, before the first batch of it.
    private var applied: [Int32: Int64] {
        var applied: [Int32: Int64] = [:]
        for (partition, position) in consumer.onLoop.positions { applied[partition.partition] = position }
        for partition in assignment.leases.partitions {
            if let offset = assignment.leases.applied(partition) { applied[partition] = offset }
        }
        return applied
    }
}
