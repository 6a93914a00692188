import Bytes
import ClickHouseProtocol
import Events
import JSON

/// A block of whole events: its columns, each of its own type, looked up once.
struct EventBlock {
    let count: Int
    private let ids: [ClickHouseUUID]
    private let conversationIDs: TextColumn
    private let conversationMetadata: TextColumn
    private let eventNames: TextColumn
    private let errors: TextColumn
    private let latencies: [Double]
    private let inputs: TextColumn
    private let outputs: TextColumn
    private let inputEmbeddings: FloatsColumn
    private let outputEmbeddings: FloatsColumn
    private let createdAt: [Int64]
    private let updatedAt: [Int64]

    /// The columns that a query must give, in this order.
    static let columns = """
        id, conversation_id, conversation_metadata, event_name, error, latency, input, output, \
        input_embeddings, output_embeddings, created_at, updated_at
        """

    /// Takes the first columns of a block, in the order of `columns`.
    init(_ block: Block) throws(EventStoreError) {
        let columns = BlockColumns(block)
        count = block.rowCount
        ids = try columns.uuids(0)
        conversationIDs = try columns.text(1)
        conversationMetadata = try columns.text(2)
        eventNames = try columns.text(3)
        errors = try columns.text(4)
        latencies = try columns.doubles(5)
        inputs = try columns.text(6)
        outputs = try columns.text(7)
        inputEmbeddings = try columns.floats(8)
        outputEmbeddings = try columns.floats(9)
        createdAt = try columns.milliseconds(10)
        updatedAt = try columns.milliseconds(11)
    }

    /// The event's id.
    func id(_ row: Int) -> EventID { EventID(ids[row]) }

    /// A row as a value; its text shares the block's memory.
    func event(_ row: Int, version: EventVersion) -> Event {
        var event = Event(
            id: id(row), conversationID: conversationIDs[row], createdAt: Timestamp(milliseconds: createdAt[row]),
            updatedAt: Timestamp(milliseconds: updatedAt[row]), isDeleted: false, version: version)
        event.conversationMetadata = conversationMetadata[row]
        event.eventName = eventNames[row]
        event.error = errors[row]
        event.latency = latencies[row]
        event.input = inputs[row]
        event.output = outputs[row]
        event.inputEmbeddings = Array(inputEmbeddings[row])
        event.outputEmbeddings = Array(outputEmbeddings[row])
        return event
    }

    /// Writes a row as clients see it.
    func writeJSON(_ row: Int, into writer: inout ByteWriter) {
        writer.write(literal: "{\"id\":\"")
        id(row).write(into: &writer)
        writer.write(literal: "\",\"conversation_id\":")
        conversationIDs.writeJSON(row, into: &writer)
        writer.write(literal: ",\"conversation_metadata\":")
        conversationMetadata.writeJSON(row, into: &writer)
        writer.write(literal: ",\"event_name\":")
        eventNames.writeJSON(row, into: &writer)
        writer.write(literal: ",\"error\":")
        errors.writeJSON(row, into: &writer)
        writer.write(literal: ",\"latency\":")
        writer.writeJSONNumber(latencies[row])
        writer.write(literal: ",\"input\":")
        inputs.writeJSON(row, into: &writer)
        writer.write(literal: ",\"output\":")
        outputs.writeJSON(row, into: &writer)
        writer.write(literal: ",\"input_embeddings\":")
        inputEmbeddings.writeJSON(row, into: &writer)
        writer.write(literal: ",\"output_embeddings\":")
        outputEmbeddings.writeJSON(row, into: &writer)
        writer.write(literal: ",\"created_at\":\"")
        Timestamp(milliseconds: createdAt[row]).write(into: &writer)
        writer.write(literal: "\",\"updated_at\":\"")
        Timestamp(milliseconds: updatedAt[row]).write(into: &writer)
        writer.write(literal: "\"}")
    }

    /// Writes a row as a line of CSV, its fields in the order of `columns`, embeddings as JSON text.
    func writeCSV(_ row: Int, into writer: inout ByteWriter) {
        id(row).write(into: &writer)
        for text in [conversationIDs, conversationMetadata, eventNames, errors] {
            writer.writeByte(UInt8(ascii: ","))
            writer.writeCSV(text[row])
        }
        writer.writeByte(UInt8(ascii: ","))
        writer.writeJSONNumber(latencies[row])
        for text in [inputs, outputs] {
            writer.writeByte(UInt8(ascii: ","))
            writer.writeCSV(text[row])
        }
        for floats in [inputEmbeddings, outputEmbeddings] {
            var json = ByteWriter(capacity: 64)
            floats.writeJSON(row, into: &json)
            writer.writeByte(UInt8(ascii: ","))
            writer.writeCSV(json.finish())
        }
        for time in [createdAt[row], updatedAt[row]] {
            writer.writeByte(UInt8(ascii: ","))
            Timestamp(milliseconds: time).write(into: &writer)
        }
        writer.write(literal: "\r\n")
    }
}
