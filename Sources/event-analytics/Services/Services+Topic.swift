import EventConsumer
import EventStore
import Events
import KafkaClient
import Transport

/// What an operator does about the topic.
extension Services {
    /// Shows the topic, or takes the one that is there in place of the recorded ones.
    func topic(_ action: String) async throws {
        try await controlling { control in
            if action == "adopt" {
                let record = try await control.adopt()
                Console.say(
                    record.map {
                        "topic: recorded '\($0.name)' with the id \($0.id) and epoch \($0.epoch): the consumers read it "
                            + "from its beginning"
                    } ?? "topic: '\(settings.kafkaTopic)' is recorded already")
                return
            }
            let state = try await control.state()
            let found = state.found
            Console.say("topic '\(found.name)' has the id \(found.id) and \(found.partitions) partitions")
            for record in state.recorded {
                Console.say(
                    "recorded: '\(record.name)' with the id \(record.id), \(record.partitions) partitions, epoch "
                        + "\(record.epoch)\(record.isRebuildDue ? ", to be read from its beginning" : "")")
            }
            if state.recorded.isEmpty { Console.say("no topic is recorded yet: the consumer records the first one") }
        }
    }

    /// Has the topic read from its beginning again.
    func rebuild() async throws {
        try await controlling { control in
            guard try await control.rebuild() != nil else {
                throw EventStoreError(
                    .topic,
                    "topic '\(settings.kafkaTopic)' is not the one whose events are stored: `event-analytics topic` shows "
                        + "which is",
                    isPermanent: true)
            }
            Console.say("rebuild: the consumers read topic '\(settings.kafkaTopic)' from its beginning")
        }
    }

    private func controlling(_ body: (TopicControl) async throws -> Void) async throws {
        var configuration = try consumerConfiguration()
        configuration.kafka.callTimeout = .seconds(20)
        try await onLoops { group in
            try await body(TopicControl(configuration, on: group.next()))
        }
    }
}
