// Sends events and reads them back, from the API at API_BASE_URL (default http://127.0.0.1:8080), with the key in API_KEY
// where it wants one.
import EventClient
import Foundation

struct User: Codable {
    let id: Int
    let plan: String
}

let environment = ProcessInfo.processInfo.environment
let url = environment["API_BASE_URL"] ?? "http://127.0.0.1:8080"
let configuration = EventClientConfiguration(url, apiKey: environment["API_KEY"])
// Each run has a conversation of its own.
let conversation = "swift-example-\(UUID())"

try await withEventClient(configuration) { client in
    try await client.waitUntilReady()

    // The event is in Kafka when this returns.
    var question = NewEvent(
        conversationID: conversation, eventName: "event_a", input: "Where is my order?", output: "It arrives today.",
        latency: 120.5)
    try question.setMetadata(User(id: 7, plan: "pro"))
    let id = try await client.trackEvent(question)

    // Any number at once; what is wrong is refused by name, all others are accepted.
    do {
        try await client.trackEvents([
            NewEvent(conversationID: conversation, eventName: "event_b", createdAt: Date(timeIntervalSinceNow: -3_600)),
            NewEvent(conversationID: conversation, eventName: "event_b", latency: -1),
        ])
    } catch let error as EventClientError where error.code == .partlyRefused {
        for refusal in error.batch?.refusals ?? [] { print("refused: event \(refusal.index), \(refusal.message)") }
    }

    // Many, one after the other: the buffer sends them in batches, and hands back what it could not send.
    try await withEventBuffer(
        of: client, onFailure: { failures in print("not sent: \(failures.map(\.event.id))") }
    ) { buffer in
        for number in 0..<100 {
            try await buffer.track(
                NewEvent(conversationID: conversation, eventName: "event_c", latency: Double(number)))
        }
    }

    // It can be read a moment later.
    var events: [Event] = []
    while events.count < 102 {
        try await Task.sleep(for: .milliseconds(50))
        events = try await client.events(inConversation: conversation)
    }
    print("read: \(events.count) events, the first is \(events[0].eventName)")

    // An empty text is a value like any other, nil leaves a field as it is.
    try await client.updateEvent(id, EventChanges(output: "", error: "wrong order"))
    while try await client.event(id)?.error != "wrong order" { try await Task.sleep(for: .milliseconds(50)) }
    let changed = try await client.event(id)
    let user = try changed?.metadata(as: User.self)
    print("changed: output \(changed?.output == "" ? "is empty" : "is not empty"), plan \(user?.plan ?? "")")

    // Lists are read page by page, as they are asked for.
    var slow = 0
    let filter = EventFilter(conversationID: conversation, minimumLatency: 50, metadata: [.init("plan", is: "pro")])
    for try await _ in client.eventSequence(matching: filter) { slow += 1 }
    print("slow: \(slow)")

    let errors = try await client.errorCounts(eventName: "event_a", days: 1)
    print("errors today: \(errors.last.map { $0.errorCount > 0 } == true ? "some" : "none")")
    let latencies = try await client.latencyStats(limit: 10_000)
    let ours = latencies.first { $0.conversationID == conversation && $0.eventName == "event_c" }
    print("p95: \(ours?.p95Latency ?? -1)")

    try await client.deleteEvent(id)
    while try await client.event(id) != nil { try await Task.sleep(for: .milliseconds(50)) }
    print("deleted")
}
