import Bytes
import KafkaProtocol
import Transport

/// A request whose answer is awaited. Belongs to its connection's loop.
final class PendingRequest {
    let correlationID: Int32
    let apiKey: APIKey
    let version: Int16
    let timeout: Duration
    let deadline: Deadline
    private var complete: ((Result<ByteSlice, KafkaError>) -> Void)?

    init(
        correlationID: Int32, apiKey: APIKey, version: Int16, timeout: Duration,
        complete: @escaping (Result<ByteSlice, KafkaError>) -> Void
    ) {
        self.correlationID = correlationID
        self.apiKey = apiKey
        self.version = version
        self.timeout = timeout
        deadline = .after(timeout)
        self.complete = complete
    }

    /// Tells the caller, once; whoever comes later is not heard. A caller that was cancelled is told at once, and the
    /// answer, when it comes, is dropped: the others on the connection notice nothing.
    func finish(_ result: Result<ByteSlice, KafkaError>) {
        let complete = complete
        self.complete = nil
        complete?(result)
    }

    /// What follows the header of the answer's frame.
    func body(of frame: ByteSlice, broker: String) -> Result<ByteSlice, KafkaError> {
        var reader = ByteReader(frame)
        do {
            _ = try ResponseHeader(from: &reader, apiKey: apiKey, version: version)
        } catch {
            return .failure(KafkaError(.malformedResponse, "\(apiKey): \(error)", broker: broker))
        }
        return .success(frame.suffix(from: reader.position))
    }
}

/// Reads an answer's body.
func decode<Response: KafkaResponse>(
    _ type: Response.Type, _ body: ByteSlice, version: Int16, broker: String
) -> Result<Response, KafkaError> {
    var reader = ByteReader(body)
    do {
        // Bytes behind it are passed over, as the Java client does: librdkafka's mock cluster sends some.
        return .success(try Response(from: &reader, version: version))
    } catch {
        return .failure(KafkaError(.malformedResponse, "\(error)", broker: broker))
    }
}

/// What a cancelled task's handler reaches its request through.
///
/// - Safety: `Sendable` though it has plain state, because it is touched on the connection's loop alone.
final class CancellationHandle: @unchecked Sendable {
    var pending: PendingRequest?

    /// Ends the wait; the connection goes on.
    func cancel() { pending?.finish(.failure(.cancelled)) }
}
