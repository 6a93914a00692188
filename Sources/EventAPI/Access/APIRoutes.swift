import HTTP

/// The router as the API's routes see it: each says whom it lets in, so that none is forgotten.
final class APIRoutes {
    /// Whom a route lets in.
    enum Guard: Equatable {
        /// Everybody.
        case open
        /// Whoever's key has the scope.
        case scope(APIScope)
        /// Whoever may write, as often as its rate allows: the route writes one event.
        case writesOne

        /// What a key must allow; nil where none is needed.
        var scope: APIScope? {
            switch self {
            case .open: nil
            case .scope(let scope): scope
            case .writesOne: .write
            }
        }
    }

    let router: Router
    private let access: Access

    /// What was added, and whom it lets in, in order.
    private(set) var guards: [(method: HTTPMethod, pattern: String, guard: Guard)] = []

    init(_ router: Router, _ access: Access) {
        self.router = router
        self.access = access
    }

    /// Adds a handler that waits for nothing.
    func on(
        _ who: Guard, _ method: HTTPMethod, _ pattern: String, _ handler: @escaping (HTTPRequest) throws -> HTTPResponse
    ) {
        guards.append((method, pattern, who))
        let access = access
        switch who {
        case .open: router.on(method, pattern, handler)
        case .scope(let scope):
            router.on(method, pattern) { request in
                try access.admit(request, to: scope)
                return try handler(request)
            }
        case .writesOne:
            router.on(method, pattern) { request in
                try access.admitWriting(request)
                return try handler(request)
            }
        }
    }

    /// Adds a handler that may wait.
    func on(
        _ who: Guard, _ method: HTTPMethod, _ pattern: String,
        _ handler: @escaping (HTTPRequest) async throws -> HTTPResponse
    ) {
        guards.append((method, pattern, who))
        let access = access
        switch who {
        case .open: router.on(method, pattern, handler)
        case .scope(let scope):
            router.on(method, pattern) { request async throws in
                try access.admit(request, to: scope)
                return try await handler(request)
            }
        case .writesOne:
            router.on(method, pattern) { request async throws in
                try access.admitWriting(request)
                return try await handler(request)
            }
        }
    }
}
