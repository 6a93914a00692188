import Bytes
import Foundation
import KafkaProtocol

/// A message as Kafka's own classes write it: its bytes, and its fields by Kafka's names.
struct MessageCase: CustomStringConvertible, Sendable {
    let api: String
    let kind: String
    let version: Int16
    let bytes: ByteSlice
    let fields: [UInt8]

    /// Reads a line of JSON; nil where it is a message that this module does not have.
    init?(_ line: some StringProtocol) throws {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        guard let api = object["api"] as? String, let kind = object["kind"] as? String,
            let version = object["version"] as? Int, let hex = object["hex"] as? String, let json = object["json"]
        else { return nil }
        guard messageTypes[api + kind] != nil || dataTypes[api] != nil else { return nil }
        self.api = api
        self.kind = kind
        self.version = Int16(version)
        self.bytes = ByteSlice(hex: hex)
        self.fields = Array(try JSONSerialization.data(withJSONObject: json))
    }

    var type: (any KafkaMessage.Type)? { messageTypes[api + kind] }
    var dataType: (any KafkaData.Type)? { dataTypes[api] }

    func json() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(fields)) as? [String: Any] ?? [:]
    }

    var description: String { "\(api) \(kind) \(version)" }

    /// The lines of a file that are messages of this module.
    static func load(_ url: URL) throws -> [MessageCase] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n").compactMap { try MessageCase($0) }
    }
}

extension ByteSlice {
    init(hex: String) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in hex {
            let digit = UInt8(character.hexDigitValue!)
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        self.init(bytes)
    }

    var hex: String {
        array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// All messages of this module, by Kafka's name of the interface and the kind.
let messageTypes: [String: any KafkaMessage.Type] = {
    var types: [String: any KafkaMessage.Type] = [:]
    for request in requestTypes {
        types["\(request.apiKey)request"] = request
        types["\(request.apiKey)response"] = response(of: request)
    }
    return types
}()

private func response<Request: KafkaRequest>(of request: Request.Type) -> any KafkaMessage.Type {
    Request.Response.self
}

let requestTypes: [any KafkaRequest.Type] = [
    ProduceRequest.self, FetchRequest.self, ListOffsetsRequest.self, MetadataRequest.self, OffsetCommitRequest.self,
    OffsetFetchRequest.self, FindCoordinatorRequest.self, JoinGroupRequest.self, HeartbeatRequest.self,
    LeaveGroupRequest.self, SyncGroupRequest.self, DescribeGroupsRequest.self, ListGroupsRequest.self,
    SaslHandshakeRequest.self, ApiVersionsRequest.self, CreateTopicsRequest.self, DeleteTopicsRequest.self,
    DeleteRecordsRequest.self, InitProducerIdRequest.self, OffsetForLeaderEpochRequest.self,
    AddPartitionsToTxnRequest.self, AddOffsetsToTxnRequest.self, EndTxnRequest.self, WriteTxnMarkersRequest.self,
    TxnOffsetCommitRequest.self, DescribeConfigsRequest.self, AlterConfigsRequest.self, SaslAuthenticateRequest.self,
    CreatePartitionsRequest.self, DeleteGroupsRequest.self, IncrementalAlterConfigsRequest.self,
    OffsetDeleteRequest.self, DescribeClusterRequest.self, DescribeProducersRequest.self,
    ConsumerGroupHeartbeatRequest.self, ConsumerGroupDescribeRequest.self, DescribeTopicPartitionsRequest.self,
]

let dataTypes: [String: any KafkaData.Type] = [
    "ConsumerProtocolSubscription": ConsumerProtocolSubscription.self,
    "ConsumerProtocolAssignment": ConsumerProtocolAssignment.self,
]

extension MessageCase {
    /// The bytes of data behind their version, as they travel.
    var versioned: ByteSlice {
        var writer = ByteWriter()
        writer.writeBigEndian(version)
        writer.write(bytes)
        return writer.finish()
    }
}
