import Bytes
import EventStore
import Events
import JSON
import Transport

/// How the pipeline fares, of which parts may not be known.
struct PipelineStatus {
    /// A partition of the topic.
    struct Partition {
        let number: Int32
        /// Behind its newest operation.
        let end: Int64
        /// Behind the newest that is applied; nil where none is yet.
        let committed: Int64?

        var lag: Int64 { max(0, end - min(committed ?? 0, end)) }
    }

    /// By number; nil where Kafka does not say.
    var partitions: [Partition]?
    /// How many messages were put aside, and are kept.
    var deadLetters: Int64?
    /// nil where ClickHouse does not say.
    var processes: [ProcessRow]?
    /// What is not known, and why.
    var problems: [String] = []

    func write(_ json: inout JSONWriter, _ writer: inout ByteWriter, now: Timestamp) {
        let lag = partitions?.reduce(0) { $0 + $1.lag }
        let consumers = processes?.filter { $0.role == "consumer" }
        json.beginObject(&writer)
        json.key("rates", &writer)
        json.beginObject(&writer)
        json.key("accepted", &writer)
        rate(processes?.filter { $0.role == "api" }, &json, &writer)
        json.key("applied", &writer)
        rate(consumers, &json, &writer)
        json.endObject(&writer)
        json.key("lag", &writer)
        json.beginObject(&writer)
        json.key("messages", &writer)
        integer(lag, &json, &writer)
        json.key("seconds", &writer)
        // Nobody who could say runs, or there is nothing to wait for.
        integer(lag == 0 ? 0 : consumers?.map { Int64($0.lagSeconds) }.max(), &json, &writer)
        json.endObject(&writer)
        json.key("dead_letters", &writer)
        integer(deadLetters, &json, &writer)
        json.key("partitions", &writer)
        json.beginArray(&writer)
        for partition in partitions ?? [] {
            json.beginObject(&writer)
            json.key("partition", &writer)
            json.integer(partition.number, &writer)
            json.key("end", &writer)
            json.integer(partition.end, &writer)
            json.key("committed", &writer)
            integer(partition.committed, &json, &writer)
            json.key("lag", &writer)
            json.integer(partition.lag, &writer)
            json.endObject(&writer)
        }
        json.endArray(&writer)
        json.key("processes", &writer)
        json.beginArray(&writer)
        for process in processes ?? [] { write(process, &json, &writer, now: now) }
        json.endArray(&writer)
        json.key("problems", &writer)
        json.beginArray(&writer)
        for problem in problems { json.string(problem, &writer) }
        json.endArray(&writer)
        json.endObject(&writer)
    }

    private func write(
        _ process: ProcessRow, _ json: inout JSONWriter, _ writer: inout ByteWriter, now: Timestamp
    ) {
        json.beginObject(&writer)
        json.key("role", &writer)
        json.string(process.role, &writer)
        json.key("host", &writer)
        json.string(process.host, &writer)
        json.key("version", &writer)
        json.string(process.version, &writer)
        json.key("started_at", &writer)
        json.string(process.startedAt.description, &writer)
        json.key("uptime_seconds", &writer)
        json.integer(max(0, (now.milliseconds - process.startedAt.milliseconds) / 1000), &writer)
        json.key("per_minute", &writer)
        json.integer(process.perMinute, &writer)
        json.endObject(&writer)
    }

    /// Operations a second.
    private func rate(_ processes: [ProcessRow]?, _ json: inout JSONWriter, _ writer: inout ByteWriter) {
        guard let processes else { return json.null(&writer) }
        json.number(Double(processes.reduce(0) { $0 + $1.perMinute }) / 60, &writer)
    }

    private func integer(_ value: Int64?, _ json: inout JSONWriter, _ writer: inout ByteWriter) {
        if let value { json.integer(value, &writer) } else { json.null(&writer) }
    }
}
