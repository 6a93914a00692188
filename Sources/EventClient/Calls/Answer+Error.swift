import Bytes
import FoundationEssentials
import HTTP

extension Answer {
    /// The API says so where Kafka may still take an operation after it has answered 503.
    private static let pending = "did not acknowledge"

    /// What an answer is whose status means an error.
    var failure: RetryState.Failure {
        let message = errorText
        let code: EventClientError.Code =
            switch status {
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .notFound
            case 413: .tooLarge
            case 429: .rateLimited
            case 408, 500...: .unavailable
            case 400, 415, 422: .validation
            default: .unexpectedAnswer
            }
        var error = EventClientError(code, message)
        if code == .validation || code == .tooLarge { error.field = Self.field(of: message) }
        if (300..<400).contains(status) {
            error.message = "the answer is a redirect, and none is followed: baseURL must be the API's own"
        }
        error.status = status
        error.requestID = requestID
        error.retryAfter = retryAfter
        error.isRetriable = code == .unavailable || code == .rateLimited
        // A 503 says that nothing was taken, unless Kafka was too slow; what answers 502 or 504 does not know.
        let mayComeLate = status == 503 ? message.contains(Self.pending) : status >= 500
        error.isOutcomeUnknown = mayComeLate
        return RetryState.Failure(error: error, mayComeLate: mayComeLate)
    }

    private struct Refusal: Decodable { var error: String }

    private var errorText: String {
        guard let refusal = try? JSONDecoder().decode(Refusal.self, from: body.data) else {
            return "the answer has the status \(status)"
        }
        return String(refusal.error.prefix(2_000))
    }

    /// The field that an error of the API names: `latency: must be …`, `item: latency: …`, `limit must be …`.
    static func field(of message: String) -> String? {
        var rest = message[...]
        if rest.hasPrefix("item: ") { rest = rest.dropFirst(6) }
        let name = rest.prefix { $0.isLetter && $0.isASCII && $0.isLowercase || $0 == "_" }
        guard !name.isEmpty else { return nil }
        rest = rest.dropFirst(name.count)
        if name == "metadata", rest.hasPrefix(".") {
            guard let end = rest.firstIndex(of: ":") else { return nil }
            return String(name + rest[..<end])
        }
        // `input_embeddings[2]: …` is about that field.
        if rest.hasPrefix("[") { rest = rest.drop { $0 != "]" }.dropFirst() }
        return rest.hasPrefix(": ") || rest.hasPrefix(" must ") || rest.hasPrefix(" is ") ? String(name) : nil
    }

    /// Reads the data of an answer that is no error.
    func decode<Value: Decodable>(_ type: Value.Type) throws(EventClientError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: body.data)
        } catch {
            throw damaged("\(error)")
        }
    }

    /// The error that says what is wrong with the answer.
    func damaged(_ what: String) -> EventClientError {
        var error = EventClientError.damaged(String(what.prefix(500)))
        error.status = status
        error.requestID = requestID
        error.isOutcomeUnknown = true
        return error
    }
}

extension RetryState.Failure {
    /// What it is that no answer came.
    init(_ error: HTTPError) {
        var failure: EventClientError
        switch error.code {
        case .cancelled:
            failure = EventClientError(.cancelled, "the task was cancelled")
        case .closed where error.isUnsent:
            failure = EventClientError(.closed, "the client was closed")
        case .limit:
            failure = EventClientError(.unexpectedAnswer, error.message)
        case .malformedResponse:
            failure = EventClientError(.unexpectedAnswer, error.message)
            failure.isRetriable = true
        default:
            failure = EventClientError(.unavailable, "the API did not answer: \(error.message)")
            failure.isRetriable = true
        }
        failure.isOutcomeUnknown = !error.isUnsent
        self.init(error: failure, mayComeLate: error.code == .deadline && !error.isUnsent)
    }
}

extension ByteSlice {
    /// The same bytes as Foundation has them.
    var data: Data { withUnsafeBytes { Data($0) } }
}
