public import Bytes
import Events
import KafkaClient
import KafkaProtocol
public import Transport

/// A message that was put aside.
public struct PutAside: Sendable {
    /// Where it is in the dead-letter topic.
    public struct Place: Hashable, Sendable, Comparable, CustomStringConvertible {
        /// Its partition.
        public let partition: Int32
        /// Its offset.
        public let offset: Int64

        /// `PARTITION:OFFSET`; nil for another text.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
                offset >= 0
            else { return nil }
            self.init(partition: partition, offset: offset)
        }

        init(partition: Int32, offset: Int64) {
            self.partition = partition
            self.offset = offset
        }

        /// `PARTITION:OFFSET`.
        public var description: String { "\(partition):\(offset)" }

        /// By partition, then by offset.
        public static func < (left: Place, right: Place) -> Bool {
            (left.partition, left.offset) < (right.partition, right.offset)
        }
    }

    /// Where it is.
    public let place: Place
    /// Its key: the event's id, as a rule.
    public let key: ByteSlice?
    /// The message.
    public let value: ByteSlice?
    /// Its headers, and behind them what was noted when it was put aside.
    public let headers: [(name: String, value: ByteSlice?)]

    func header(_ name: String) -> String? { headers.last { $0.name == name }?.value?.description }

    /// Why it could not be applied.
    public var reason: String { header("dlq.reason") ?? "no reason is noted" }

    /// Where it came from: `TOPIC/PARTITION:OFFSET`.
    public var source: String {
        "\(header("dlq.topic") ?? "?")/\(header("dlq.partition") ?? "?"):\(header("dlq.offset") ?? "?")"
    }

    /// Why it cannot be sent again; nil where it can.
    public var obstacle: String? {
        if header("dlq.cut") != nil { return "it was too large to be put aside whole" }
        if header("dlq.next_offset") != nil { return "it is records that cannot be read" }
        return nil
    }
}

/// What an operator does about dead letters.
///
/// What was sent again is noted in a topic beside theirs, before it is sent: each is sent again at most once, whatever ends
/// the program, unless that is asked for.
public struct DeadLetterControl {
    private let configuration: EventConsumerConfiguration
    private let loop: EventLoop
    private var letters: String { configuration.topic.deadLetterName }
    private var notes: String { "\(letters).replayed" }

    /// On one loop.
    public init(_ configuration: EventConsumerConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
    }

    /// Gives all letters to `body`, partition by partition in their order, with whether they were sent again.
    ///
    /// - Throws: `KafkaError`, and what `body` throws.
    public func each(_ body: (PutAside, _ isReplayed: Bool) async throws -> Void) async throws {
        let replayed = try await replayed()
        try await read(letters) { letter in try await body(letter, replayed.contains(letter.place)) }
    }

    /// What became of a letter that was to be sent again.
    public enum Outcome: Sendable, Equatable {
        /// Kafka has it again.
        case sent
        /// It was sent again before.
        case wasSent
        /// It cannot be, and why.
        case obstacle(String)
        /// There is none at that place.
        case missing
    }

    /// Sends letters again, in their order.
    ///
    /// - Parameters:
    ///   - places: Which; nil for all.
    ///   - again: Those too that were sent again before.
    ///   - told: Is told of each.
    /// - Throws: `KafkaError`.
    public func replay(
        _ places: Set<PutAside.Place>?, again: Bool, told: (PutAside.Place, Outcome) -> Void
    ) async throws {
        try await withClients { admin, producer in
            if try await admin.describeTopics([self.notes])[self.notes] == nil {
                try await admin.createTopics([NewTopic(self.notes, partitions: 1)])
            }
            let replayed = try await self.replayed()
            var missing = places ?? []
            try await self.read(self.letters) { letter in
                guard places?.contains(letter.place) ?? true else { return }
                missing.remove(letter.place)
                if let obstacle = letter.obstacle { return told(letter.place, .obstacle(obstacle)) }
                if replayed.contains(letter.place), !again { return told(letter.place, .wasSent) }
                let note = ByteSlice(utf8: letter.place.description)
                _ = try await producer.send(topic: self.notes, key: note, value: .empty)
                let headers = letter.headers.filter { !$0.name.hasPrefix("dlq.") }.map {
                    RecordHeader($0.name, $0.value)
                }
                _ = try await producer.send(
                    topic: self.configuration.topic.name, key: letter.key, value: letter.value, headers: headers)
                told(letter.place, .sent)
            }
            for place in missing.sorted() { told(place, .missing) }
        }
    }

    private func replayed() async throws -> Set<PutAside.Place> {
        var places: Set<PutAside.Place> = []
        try await read(notes) { note in
            if let key = note.key, let place = PutAside.Place(key.description) { places.insert(place) }
        }
        return places
    }

    /// Reads a topic from its beginning to where it ends now; one that is not there is empty.
    private func read(_ topic: String, _ body: (PutAside) async throws -> Void) async throws {
        var ends: [TopicPartition: Int64] = [:]
        var starts: [TopicPartition: Int64] = [:]
        try await withAdmin { admin in
            guard let found = try await admin.describeTopics([topic])[topic] else { return }
            let partitions = (0..<Int32(found.partitionCount)).map { TopicPartition(topic, $0) }
            ends = try await admin.offsets(of: partitions, at: .latest)
            starts = try await admin.offsets(of: partitions, at: .earliest)
        }
        for partition in ends.keys.sorted(by: { $0.partition < $1.partition }) {
            guard let end = ends[partition], let start = starts[partition], start < end else { continue }
            var reading = ConsumerConfiguration(configuration.kafka, source: .partitions([partition], group: nil))
            reading.offsetReset = .earliest
            reading.isolation = .readUncommitted
            let consumer = KafkaConsumer(reading, on: loop)
            let running = Task { try await consumer.run() }
            defer { running.cancel() }
            var next = start
            while next < end {
                guard let records = try await consumer.next(wait: .seconds(20)) else {
                    throw KafkaError(.timeout, "no records came within 20 seconds", topic: topic)
                }
                var found: [PutAside] = []
                try records.forEach { record in
                    guard record.offset < end else { return }
                    found.append(
                        PutAside(
                            place: PutAside.Place(partition: partition.partition, offset: record.offset),
                            key: record.key,
                            value: record.value, headers: record.headers.map { ($0.key, $0.value) }))
                }
                for letter in found { try await body(letter) }
                next = records.nextOffset
            }
            await consumer.close()
        }
    }

    private func withAdmin(_ body: (KafkaAdmin) async throws -> Void) async throws {
        let admin = KafkaAdmin(configuration.kafka, on: loop)
        let running = Task { try await admin.run() }
        defer { running.cancel() }
        try await body(admin)
        await admin.close()
    }

    private func withClients(_ body: (KafkaAdmin, KafkaProducer) async throws -> Void) async throws {
        var sending = ProducerConfiguration(configuration.kafka)
        sending.maxRequestBytes = 2 * DeadLetter.wholeLimit
        let producer = KafkaProducer(sending, on: loop)
        let running = Task { try await producer.run() }
        defer { running.cancel() }
        try await withAdmin { admin in try await body(admin, producer) }
        await producer.close()
    }
}
