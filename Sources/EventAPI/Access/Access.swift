import Bytes
import HTTP
import Synchronization
import Transport

/// Who may do what, and how much of it.
final class Access: Sendable {
    /// nil where everybody may do everything.
    private let keys: Mutex<APIKeys?>
    private let limiter: Mutex<RateLimiter?>
    private let isLimited: Bool
    private let isOpen: Bool
    private let began = ContinuousClock.now

    init(keys: APIKeys?, eventsPerSecond: Int?) {
        isOpen = keys == nil
        self.keys = Mutex(keys)
        isLimited = eventsPerSecond != nil
        limiter = Mutex(eventsPerSecond.map { RateLimiter(eventsPerSecond: $0) })
    }

    /// From now on these keys hold.
    func use(_ keys: APIKeys) { self.keys.withLock { $0 = keys } }

    /// Sees to it that a request's key allows what it asks for.
    ///
    /// - Returns: the key's name; nil where none is asked for.
    /// - Throws: `HTTPError`: 401 without a key that is known, 403 where it lacks the scope.
    @discardableResult
    func admit(_ request: HTTPRequest, to scope: APIScope) throws(HTTPError) -> String? {
        if isOpen { return nil }
        guard let keys = keys.withLock({ $0 }) else { return nil }
        let given = Self.given(in: request.headers)
        // What is missing takes as long as what is wrong.
        let bytes = given ?? .empty
        guard let key = keys.key(bytes.span), given != nil else {
            let problem = given == nil ? "an API key is needed" : "the API key is not known"
            let challenge = "Bearer realm=\"event-analytics\"" + (given == nil ? "" : ", error=\"invalid_token\"")
            throw HTTPError(
                .unauthorized, "\(problem): send it as 'Authorization: Bearer KEY', or as X-API-Key",
                headers: [HTTPHeader("www-authenticate", challenge)])
        }
        guard key.allows(scope) else {
            throw HTTPError(
                .forbidden, "the API key '\(key.name)' does not have the scope '\(scope.rawValue)'",
                headers: [
                    HTTPHeader(
                        "www-authenticate",
                        "Bearer realm=\"event-analytics\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\"")
                ])
        }
        return key.name
    }

    /// Takes so many events off what the request's client may write now.
    ///
    /// - Throws: `HTTPError` 429 that says when to try again.
    func take(_ count: Int, of request: HTTPRequest) throws(HTTPError) {
        guard isLimited else { return }
        try take(count, of: client(of: request))
    }

    /// Whether a request may write, and an event off what its client may write now.
    func admitWriting(_ request: HTTPRequest) throws(HTTPError) {
        let name = try admit(request, to: .write)
        guard isLimited else { return }
        try take(1, of: name.map(Self.keyPrefix) ?? Self.address(of: request))
    }

    private func client(of request: HTTPRequest) throws(HTTPError) -> String {
        try admit(request, to: .write).map(Self.keyPrefix) ?? Self.address(of: request)
    }

    private func take(_ count: Int, of client: String) throws(HTTPError) {
        let now = (ContinuousClock.now - began) / .seconds(1)
        let wait = limiter.withLock { $0?.take(count, of: client, at: now) ?? 0 }
        guard wait > 0 else { return }
        throw HTTPError(
            .tooManyRequests, "too many events a second: try again later",
            headers: [HTTPHeader("retry-after", String(Int(min(wait.rounded(.up), 86_400))))])
    }

    /// No address looks like it.
    private static func keyPrefix(_ name: String) -> String { "key " + name }

    /// The address that the request came from, without its port.
    private static func address(of request: HTTPRequest) -> String {
        switch request.peerAddress {
        case .tcp(let host, _): host
        case .unix, nil: "local"
        }
    }

    /// The key that a request has: `Authorization: Bearer` before `X-API-Key`.
    static func given(in headers: HTTPHeaders) -> ByteSlice? {
        for value in headers.all("authorization") {
            let scheme = "bearer "
            guard value.count > scheme.utf8.count else { continue }
            guard value.prefix(scheme.utf8.count).description.lowercased() == scheme else { continue }
            var start = scheme.utf8.count
            while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
            return value.slice(start..<value.count)
        }
        return headers.first("x-api-key")
    }
}
