import Bytes
import JSON

/// An event of some 400 bytes, as clients send it.
let event = ByteSlice(
    utf8: #"{"id":"01890a5d-ac96-774b-bcce-b302099a8057","conversation_id":"c-04711","conversation_metadata":"#
        + #""{\"user\":12345,\"plan\":\"pro\"}","event_name":"event_a","error":"","latency":120.5,"input":"#
        + #""please write a function that returns the list of customer orders and explain each step of it","#
        + #""output":"the order was sent yesterday and arrives today, see the summary report for the team with "#
        + #"three points and the sources of each"}"#)

func benchmarkJSON() {
    measure("validate an event of \(event.count) bytes", bytes: event.count) {
        var reader = JSONReader(event.span)
        do throws(JSONError) {
            try reader.skip()
            try reader.finish()
        } catch { fatalError("\(error)") }
    }

    let text = ByteSlice(utf8: String(repeating: "an answer with a \"quotation\" and more words. ", count: 20))
    measure("write a string of \(text.count) bytes", bytes: text.count) {
        var writer = ByteWriter(capacity: 2_048)
        writer.writeJSONString(text.span)
        keep(writer.count)
    }

    let numbers = (0..<1_000).map { Float($0) * 0.001_234_5 - 0.5 }
    var writer = ByteWriter()
    measure("write a float", bytes: 0, operations: numbers.count) {
        writer.removeAll()
        for number in numbers {
            writer.writeJSONNumber(number)
            writer.writeByte(0x2c)
        }
    }
    let list = ByteSlice(utf8: "[\(numbers.map { "\($0)" }.joined(separator: ","))]")
    measure("read a float", bytes: list.count, operations: numbers.count) {
        var reader = JSONReader(list.span)
        var sum: Float = 0
        do throws(JSONError) {
            try reader.beginArray()
            while try reader.nextElement() { sum += try reader.readFloat() }
        } catch { fatalError("\(error)") }
        keep(sum)
    }
}
