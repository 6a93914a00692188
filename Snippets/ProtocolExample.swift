// Writes and reads Kafka's and ClickHouse's bytes, without a network.
import Bytes
import ClickHouseProtocol
import KafkaProtocol

/// A request's body, in the version that both sides speak.
func kafka() throws {
    var request = ApiVersionsRequest()
    request.clientSoftwareName = "example"
    request.clientSoftwareVersion = "1.0"
    var body = ByteWriter()
    try request.encode(into: &body, version: 3)
    let read = try ApiVersionsRequest(body.finish(), version: 3)
    print("read: \(read.clientSoftwareName) \(read.clientSoftwareVersion)")
}

/// A block of columns, as the native protocol has it.
func clickHouse() throws {
    let block = try Block([
        Column(name: "page", type: .string, data: .string(["/", "/docs"])),
        Column(name: "seconds", type: .float64, data: .float64([1.5, 40])),
    ])
    var bytes = ByteWriter()
    try block.encode(into: &bytes, revision: .newest)
    print("the block has \(block.rowCount) rows and \(bytes.count) bytes")
}

try kafka()
try clickHouse()
