import Bytes
import Testing

@testable import Events

@Suite struct EventOperationTests {
    static func decode(_ message: String) throws(EventError) -> EventOperation {
        try EventOperation(message: ByteSlice(utf8: message))
    }

    @Test func readsWhatTheAPIWrites() throws {
        let body = #"""
            {"conversation_id":"c\"1\u0000","event_name":"event_a","latency":0.1,"input":"é\ud83d\ude00",
            "input_embeddings":[0.1,16777217,1e-50],"error":"boom"}
            """#
        let operation = try Self.decode(EventDraftTests.create(body))
        #expect(operation.kind == .create)
        #expect(operation.id == EventDraftTests.id)
        #expect(operation.time == EventDraftTests.time)
        #expect(operation.fields.conversationID == ByteSlice(utf8: "c\"1\u{0}"))
        #expect(operation.fields.input == ByteSlice(utf8: "é😀"))
        #expect(operation.fields.output == ByteSlice.empty)
        #expect(operation.fields.latency == 0.1)
        // Rounded once, from the decimal text to the nearest Float.
        #expect(operation.fields.inputEmbeddings == [0.1, 16_777_216, 0])
        #expect(operation.fields.outputEmbeddings == [])

        let update = try Self.decode(EventDraftTests.update(#"{"input":""}"#))
        #expect(update.kind == .update)
        #expect(update.fields.input == ByteSlice.empty)
        #expect(update.fields.output == nil)
    }

    @Test func `a create carries when the event happened beside when it was accepted`() throws {
        let body = #"{"created_at":"2001-02-03T04:05:06+01:00","conversation_id":"c","event_name":"event_a"}"#
        let operation = try Self.decode(EventDraftTests.create(body))
        #expect(operation.time == EventDraftTests.time)
        #expect(operation.fields.createdAt?.description == "2001-02-03T03:05:06.000Z")
        let without = try Self.decode(EventDraftTests.create(#"{"conversation_id":"c","event_name":"event_a"}"#))
        #expect(without.fields.createdAt == nil)
    }

    @Test func passesOverUnknownFields() throws {
        let operation = try Self.decode(
            #"{"v":{"x":[1]},"event_id":"01890a5d-ac96-774b-bcce-b302099a8057","operation":"delete","#
                + #""timestamp":"2026-01-09T12:34:56.789Z","data":null}"#)
        #expect(operation.kind == .delete)
    }

    static let rest = #""event_id":"01890a5d-ac96-774b-bcce-b302099a8057","timestamp":"2026-01-09T12:34:56Z""#

    @Test(arguments: [
        ("hello", "body: a JSON value must stand here (at byte 0)"),
        ("{}", "operation: is required"),
        ("{\"operation\":\"merge\",\(rest)}", "operation: must be create, update or delete"),
        (#"{"operation":"delete","timestamp":"2026-01-09T12:34:56Z"}"#, "event_id: is required"),
        (#"{"operation":"delete","event_id":"7"}"#, "event_id: must be a UUID"),
        (#"{"operation":"delete","timestamp":"now"}"#, "timestamp: must be a time in RFC 3339"),
        (#"{"operation":"delete","timestamp":"1899-12-31T23:59:59Z"}"#, "timestamp: is outside the years 1900 to 2299"),
        ("{\"operation\":\"create\",\(rest)}", "data.conversation_id: is required"),
        (
            "{\"operation\":\"create\",\(rest),\"data\":{\"conversation_id\":\"c\"}}", "data.event_name: is required"
        ),
        (
            "{\"operation\":\"create\",\(rest),\"data\":{\"conversation_id\":\"\"}}",
            "data.conversation_id: must not be empty"
        ),
        (
            "{\"operation\":\"update\",\(rest),\"data\":{\"latency\":-1}}",
            "data.latency: must be a finite number, zero or more"
        ),
        (
            "{\"operation\":\"update\",\(rest),\"data\":{\"conversation_id\":\"x\"}}",
            "data.conversation_id: cannot be changed"
        ),
        (
            "{\"operation\":\"update\",\(rest),\"data\":{\"created_at\":\"2026-01-09T12:34:56Z\"}}",
            "data.created_at: cannot be changed"
        ),
        (
            "{\"operation\":\"create\",\(rest),\"data\":{\"created_at\":\"yesterday\"}}",
            "data.created_at: must be a time in RFC 3339"
        ),
        (
            "{\"operation\":\"create\",\(rest),\"data\":{\"created_at\":\"2300-01-01T00:00:00Z\"}}",
            "data.created_at: is outside the years 1900 to 2299"
        ),
        (
            "{\"operation\":\"update\",\(rest),\"data\":{\"id\":\"01890a5d-ac96-774b-bcce-b302099a8058\"}}",
            "data.id: is not the message's event_id"
        ),
    ])
    func saysWhyAMessageCanNeverBeApplied(message: String, reason: String) {
        let error = #expect(throws: EventError.self) { try Self.decode(message) }
        #expect(error?.description == reason)
    }

    @Test func `what the API would refuse for its length can never be applied`() throws {
        func message(_ conversation: String, _ name: String) -> String {
            "{\"operation\":\"create\",\(Self.rest),\"data\":"
                + "{\"conversation_id\":\"\(conversation)\",\"event_name\":\"\(name)\"}}"
        }
        for (text, name) in zip(EventDraftTests.texts(of: 2048), EventDraftTests.texts(of: 256)) {
            let operation = try Self.decode(message(text, name))
            #expect(operation.fields.conversationID?.count == 2048)
            #expect(operation.fields.eventName?.count == 256)
        }
        for text in EventDraftTests.texts(of: 2049) {
            let error = #expect(throws: EventError.self) { try Self.decode(message(text, "n")) }
            #expect(error?.description == "data.conversation_id: must be at most 2048 bytes of UTF-8, not 2049")
        }
        for text in EventDraftTests.texts(of: 257) {
            let error = #expect(throws: EventError.self) { try Self.decode(message("c", text)) }
            #expect(error?.description == "data.event_name: must be at most 256 bytes of UTF-8, not 257")
        }
    }
}

@Suite struct EventApplyingTests {
    static let id = EventDraftTests.id
    static let time = EventDraftTests.time

    static func version(_ offset: Int64) -> EventVersion { EventVersion(rawValue: UInt64(offset)) }

    static func create(_ conversation: String, _ input: String) -> EventOperation {
        var fields = EventChanges()
        fields.conversationID = ByteSlice(utf8: conversation)
        fields.eventName = ByteSlice(utf8: "event_a")
        fields.input = ByteSlice(utf8: input)
        return EventOperation(.create, id, at: time, fields)
    }

    static func update(input: String) -> EventOperation {
        var fields = EventChanges()
        fields.input = ByteSlice(utf8: input)
        return EventOperation(.update, id, at: Timestamp(milliseconds: time.milliseconds + 5), fields)
    }

    static let delete = EventOperation(.delete, id, at: Timestamp(milliseconds: time.milliseconds + 9))

    @Test func aLifeInOrder() throws {
        var row: Event?
        #expect(Self.update(input: "x").apply(to: &row, version: Self.version(1)) == .unknown)
        #expect(Self.delete.apply(to: &row, version: Self.version(2)) == .unknown)
        #expect(row == nil)
        #expect(Self.create("c", "first").apply(to: &row, version: Self.version(3)) == .applied)
        #expect(Self.create("d", "second").apply(to: &row, version: Self.version(4)) == .exists)
        #expect(row?.conversationID == ByteSlice(utf8: "c"))
        #expect(row?.version == Self.version(3))
        #expect(Self.update(input: "").apply(to: &row, version: Self.version(5)) == .applied)
        var event = try #require(row)
        #expect(event.input == ByteSlice.empty)
        #expect(event.eventName == ByteSlice(utf8: "event_a"))
        #expect(event.createdAt == Self.time)
        #expect(event.updatedAt.milliseconds == Self.time.milliseconds + 5)
        #expect(Self.delete.apply(to: &row, version: Self.version(6)) == .applied)
        event = try #require(row)
        #expect(event.isDeleted)
        #expect(event.conversationID == ByteSlice(utf8: "c"))
        #expect(event.createdAt == Self.time)
        #expect(Self.create("e", "third").apply(to: &row, version: Self.version(7)) == .exists)
        #expect(Self.update(input: "x").apply(to: &row, version: Self.version(8)) == .deleted)
        #expect(Self.delete.apply(to: &row, version: Self.version(9)) == .deleted)
        #expect(row?.version == Self.version(6))
    }

    @Test func `an event happened when its create says, and is never changed before that`() throws {
        for (created, updated) in [(-86_400_000, [0, 5, 9]), (3, [3, 5, 9]), (300_000, [300_000, 300_000, 300_000])] {
            let createdAt = Timestamp(milliseconds: Self.time.milliseconds + Int64(created))
            var create = Self.create("c", "x")
            create.fields.createdAt = createdAt
            var row: Event?
            for (offset, operation) in [create, Self.update(input: "y"), Self.delete].enumerated() {
                #expect(operation.apply(to: &row, version: Self.version(Int64(offset + 1))) == .applied)
                #expect(row?.createdAt == createdAt)
                #expect(row?.updatedAt.milliseconds == Self.time.milliseconds + Int64(updated[offset]))
            }
        }
    }

    @Test func deliveredAgainChangesNothing() {
        let operations = [Self.create("c", "a"), Self.update(input: "b"), Self.update(input: "c")]
        var row: Event?
        for (offset, operation) in operations.enumerated() {
            _ = operation.apply(to: &row, version: Self.version(Int64(offset)))
        }
        for (offset, operation) in operations.enumerated() {
            #expect(operation.apply(to: &row, version: Self.version(Int64(offset))) == .redelivered)
        }
        #expect(row?.input == ByteSlice(utf8: "c"))
    }

    @Test func versionsAreEpochThenOffset() {
        #expect(EventVersion(epoch: 1, offset: 0)?.rawValue == 1 << 48)
        #expect(EventVersion(epoch: .max, offset: 1 << 48 - 1)?.offset == 1 << 48 - 1)
        #expect(EventVersion(epoch: 0, offset: 1 << 48) == nil)
        #expect(EventVersion(epoch: 0, offset: -1) == nil)
        #expect(EventVersion(rawValue: 1 << 48) > EventVersion(rawValue: 1 << 48 - 1))
    }
}
