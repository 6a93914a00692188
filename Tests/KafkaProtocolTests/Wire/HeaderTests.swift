import Bytes
import KafkaProtocol
import Testing

/// What stands around the messages: headers and frames.
@Suite struct HeaderTests {
    @Test func `a plain request's frame: length, key, version, correlation id, client id, body`() throws {
        var writer = ByteWriter()
        var request = MetadataRequest()
        request.topics = [.init { $0.name = "t" }]
        try request.encodeFrame(into: &writer, version: 1, correlationID: 7, clientID: "me")
        let bytes = writer.finish()
        #expect(bytes == [0, 0, 0, 19, 0, 3, 0, 1, 0, 0, 0, 7, 0, 2, 109, 101, 0, 0, 0, 1, 0, 1, 116])
    }

    @Test func `a flexible request's header has tagged fields, its client id a plain length`() throws {
        let header = RequestHeader(apiKey: .metadata, apiVersion: 9, correlationID: 1, clientID: nil)
        var writer = ByteWriter()
        try header.encode(into: &writer)
        let bytes = writer.finish()
        #expect(bytes == [0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0])
        var reader = ByteReader(bytes)
        let again = try RequestHeader(from: &reader)
        #expect(again == header)
    }

    @Test func `the header of ApiVersionsResponse is plain in every version`() {
        for version in ApiVersionsResponse.versions {
            var writer = ByteWriter()
            ResponseHeader(correlationID: 5).encode(into: &writer, apiKey: .apiVersions, version: version)
            let bytes = writer.finish()
            #expect(bytes == [0, 0, 0, 5])
        }
    }

    @Test func `a broker that does not know the version of ApiVersions is understood`() throws {
        var refusal = ApiVersionsResponse()
        refusal.errorCode = .unsupportedVersion
        refusal.apiKeys = [.init { $0.apiKey = .apiVersions }]
        var writer = ByteWriter()
        try refusal.encode(into: &writer, version: 0)
        let refused = writer.take()
        #expect(try ApiVersionsResponse(answer: refused, to: 4) == refusal)
        refusal.errorCode = .none
        try refusal.encode(into: &writer, version: 4)
        let answer = writer.take()
        #expect(try ApiVersionsResponse(answer: answer, to: 4) == refusal)
    }

    @Test func `pieces of a frame are the frame, and large records are among them without being copied`() throws {
        let records = ByteSlice([UInt8](repeating: 9, count: 10_000))
        var request = ProduceRequest()
        request.topicData = [
            .init {
                $0.name = "t"
                $0.partitionData = [.init { $0.records = records }, .init { $0.records = records.prefix(10) }]
            }
        ]
        for version in ProduceRequest.versions {
            var writer = ByteWriter()
            try request.encodeFrame(into: &writer, version: version, correlationID: 1, clientID: "c")
            let pieces = try request.frame(version: version, correlationID: 1, clientID: "c")
            var joined = ByteWriter()
            for piece in pieces { joined.write(piece) }
            let (whole, frame) = (joined.finish(), writer.finish())
            #expect(whole == frame)
            #expect(pieces.contains(records))
        }
    }

    @Test func `a text that is too long is refused, and the writer is as before`() throws {
        var request = FindCoordinatorRequest()
        request.key = String(repeating: "k", count: 40_000)
        var writer = ByteWriter()
        writer.writeByte(1)
        do {
            try request.encodeFrame(into: &writer, version: 0, correlationID: 1, clientID: nil)
            Issue.record("written")
        } catch {
            #expect(error.code == .unwritable)
        }
        let bytes = writer.finish()
        #expect(bytes == [1])
    }

    @Test func `all versions of all messages hold their defaults`() throws {
        for request in requestTypes { try checkDefaults(request) }
    }

    private func checkDefaults<Request: KafkaRequest>(_ type: Request.Type) throws {
        for version in Request.versions {
            var writer = ByteWriter()
            // What has no default that version 0 can hold says so.
            if (try? Request().encode(into: &writer, version: version)) == nil { continue }
            let bytes = writer.finish()
            #expect(try Request(bytes, version: version) == Request(), "\(type) \(version)")
        }
        for version in Request.Response.versions {
            var writer = ByteWriter()
            guard (try? Request.Response().encode(into: &writer, version: version)) != nil else { continue }
            let bytes = writer.finish()
            #expect(try Request.Response(bytes, version: version) == Request.Response(), "\(type) \(version)")
        }
    }

    @Test func `errors have Kafka's names, and say whether another try may help`() {
        #expect(KafkaErrorCode.notLeaderOrFollower.name == "NOT_LEADER_OR_FOLLOWER")
        #expect(KafkaErrorCode.notLeaderOrFollower.isRetriable)
        #expect(!KafkaErrorCode.messageTooLarge.isRetriable)
        #expect(KafkaErrorCode(rawValue: 133).name == "SHARE_SESSION_LIMIT_REACHED")
        #expect(KafkaErrorCode(rawValue: 999).name == "ERROR_999")
        #expect(KafkaErrorCode.unknownServerError.name == "UNKNOWN_SERVER_ERROR")
    }

    @Test func `ids have Kafka's text form`() {
        let id = KafkaUUID(high: 0x0123_4567_89ab_4def, low: 0x8123_4567_89ab_cdef)
        #expect(KafkaUUID(id.description) == id)
        #expect(KafkaUUID.zero.description == "AAAAAAAAAAAAAAAAAAAAAA")
        #expect(KafkaUUID("AAAAAAAAAAAAAAAAAAAAAQ") == KafkaUUID(high: 0, low: 1))
        #expect(KafkaUUID("AAAAAAAAAAAAAAAAAAAAAB") == nil)
        #expect(KafkaUUID("short") == nil)
        for _ in 0..<100 {
            let random = KafkaUUID.random()
            #expect(KafkaUUID(random.description) == random)
        }
    }
}
