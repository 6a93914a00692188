import Bytes
import Testing

@testable import Events

/// An item of a batch: which operation it is, and what is wrong with it.
@Suite struct EventItemTests {
    private static let id = EventDraftTests.id

    private static func read(_ item: String) -> String {
        let body = ByteSlice(utf8: item)
        var writer = ByteWriter()
        do throws(EventError) {
            let draft = try EventDraft.item(body.span, names: EventDraftTests.names, now: EventDraftTests.time)
            draft.write(of: body.span, id: draft.id ?? id, at: EventDraftTests.time, into: &writer)
        } catch {
            return error.description
        }
        return writer.finish().utf8 ?? "no text"
    }

    private static let event = #""conversation_id":"c","event_name":"event_a""#
    private static let own = #""id":"01890a5d-ac96-774b-bcce-b302099a8057""#

    @Test func `without an operation it is a create, as for a create's body`() {
        let whole = EventDraftTests.create("{\(Self.event),\(Self.own)}")
        for operation in ["", #","operation":"create""#, #","operation":null"#, #","op\u0065ration":"cr\u0065ate""#] {
            #expect(Self.read("{\(Self.event),\(Self.own)\(operation)}") == whole)
        }
        #expect(Self.read("{\(Self.event)}").contains(#""operation":"create""#))
        #expect(Self.read(#"{\#(Self.event),"created_at":"2001-01-01T00:00:00Z"}"#).contains(#""created_at":"2001-"#))
    }

    @Test func `an update and a delete name their event, and may say what they are behind their fields`() {
        let update = EventDraftTests.update(#"{"input":"","latency":0}"#)
        let delete = #"{"operation":"delete""# + EventDraftTests.head.replacing(#","data":{"#, with: "}")
        for fields in [
            [#""operation":"update""#, Self.own, #""input":"""#, #""latency":0"#],
            [#""input":"""#, #""latency":0"#, Self.own, #""operation":"update""#],
        ] {
            #expect(Self.read("{\(fields.joined(separator: ","))}") == update)
        }
        for fields in [
            [#""operation":"delete""#, Self.own], [Self.own, #""other":1"#, #""operation":"delete""#],
            [#""operation":"delete""#, Self.event, Self.own],
        ] {
            #expect(Self.read("{\(fields.joined(separator: ","))}") == delete)
        }
    }

    @Test(arguments: [
        ("1", "item: must be an object, not a number"), ("", "item: no JSON value (at byte 0)"),
        ("{", "item: the JSON ends too early (at byte 1)"), ("{}", "conversation_id: is required"),
        (#"{"operation":"create","event_name":"event_a"}"#, "conversation_id: is required"),
        (#"{"operation":"merge"}"#, "operation: must be create, update or delete"),
        (#"{"operation":"Create"}"#, "operation: must be create, update or delete"),
        (#"{"operation":1}"#, "operation: must be a string, not a number"),
        (#"{"operation":null,"operation":"create"}"#, "operation: is given twice"),
        (#"{"operation":"update","input":"x"}"#, "id: is required"),
        (#"{"operation":"update","id":null,"input":"x"}"#, "id: is required"),
        (#"{"operation":"delete"}"#, "id: is required"), (#"{"operation":"delete","id":"7"}"#, "id: must be a UUID"),
        ("{\"operation\":\"update\",\(own)}", "item: no field to change"),
        ("{\"operation\":\"update\",\(own),\"input\":null}", "item: no field to change"),
        (#"{"operation":"update","conversation_id":"c"}"#, "conversation_id: cannot be changed"),
        (
            "{\"conversation_id\":\"c\",\"input\":\"x\",\(own),\"operation\":\"update\"}",
            "conversation_id: cannot be changed"
        ),
        (
            "{\"created_at\":\"2001-01-01T00:00:00Z\",\"input\":\"x\",\(own),\"operation\":\"update\"}",
            "created_at: cannot be changed"
        ),
        ("{\"updated_at\":\"2001-01-01T00:00:00Z\",\(event)}", "updated_at: is set by the server"),
        ("{\(event)} {}", "item: nothing may follow the JSON value"),
        ("{\(event),\"input\":\"\\ud800\"}", "input: half a surrogate pair"),
    ])
    func `an item that cannot be taken says why`(item: String, message: String) {
        #expect(Self.read(item).hasPrefix(message), "\(Self.read(item))")
    }

    @Test func `outside of batches there is no such field`() {
        #expect(EventDraftTests.create("{\(Self.event),\"operation\":\"delete\",\"operation\":1}").contains("create"))
        #expect(EventDraftTests.update(#"{"operation":"delete"}"#).hasPrefix("body: no field to change"))
    }
}
