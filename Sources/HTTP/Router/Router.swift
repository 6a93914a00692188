import Bytes

/// Finds the handler for a request by its path and method.
///
///     let router = Router()
///     router.on(.get, "/event/:id") { request in … request.parameters.text("id") … }
///
/// Literal segments win over parameters. HEAD is answered by GET's handler, OPTIONS by the router. An unknown path is
/// refused with 404, an unknown method of a known path with 405 and `Allow`.
public final class Router: HTTPResponder {
    private enum Handler {
        case now((HTTPRequest) throws -> HTTPResponse)
        case later((HTTPRequest) async throws -> HTTPResponse)
    }

    /// A segment of paths, and what may follow it, by place in `nodes`.
    private struct Node {
        var literals: [(name: ByteSlice, node: Int)] = []
        var parameter: Int?
        var routes: [Route] = []
    }

    private struct Route {
        let method: HTTPMethod
        let names: [String]
        let handler: Handler
    }

    /// The root comes first.
    private var nodes = [Node()]
    private let ignoresTrailingSlash: Bool

    /// What browsers are told that ask by OPTIONS whether a page may call; nil for nothing.
    public var cors: CORS?

    /// Makes a router.
    ///
    /// - Parameter ignoresTrailingSlash: Whether `/path/` is `/path`; else they are two paths.
    public init(ignoresTrailingSlash: Bool = false) {
        self.ignoresTrailingSlash = ignoresTrailingSlash
    }

    /// Adds a handler that waits for nothing.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - pattern: The path, `/` and all; a segment `:name` is a parameter, which stands for any text but the empty one.
    ///   - handler: Answers the requests.
    public func on(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping (HTTPRequest) throws -> HTTPResponse) {
        add(method, pattern, .now(handler))
    }

    /// Adds a handler that may wait: for the request's body, for others.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - pattern: The path, `/` and all; a segment `:name` is a parameter, which stands for any text but the empty one.
    ///   - handler: Answers the requests.
    public func on(
        _ method: HTTPMethod, _ pattern: String, _ handler: @escaping (HTTPRequest) async throws -> HTTPResponse
    ) {
        add(method, pattern, .later(handler))
    }

    /// What was added, in order.
    public private(set) var patterns: [(method: HTTPMethod, pattern: String)] = []

    private func add(_ method: HTTPMethod, _ pattern: String, _ handler: Handler) {
        patterns.append((method, pattern))
        var node = 0
        var names: [String] = []
        func add() -> Int {
            nodes.append(Node())
            return nodes.count - 1
        }
        for segment in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if segment.first == ":" {
                names.append(String(segment.dropFirst()))
                let next = nodes[node].parameter ?? add()
                nodes[node].parameter = next
                node = next
            } else {
                let name = ByteSlice(utf8: String(segment))
                if let next = nodes[node].literals.first(where: { $0.name == name })?.node {
                    node = next
                } else {
                    let next = add()
                    nodes[node].literals.append((name, next))
                    node = next
                }
            }
        }
        nodes[node].routes.append(Route(method: method, names: names, handler: handler))
    }

    /// Answers a request by its route.
    public func answer(to request: HTTPRequest) throws -> HTTPAnswer {
        // A target that is a host alone asks for its root, an asterisk for the server itself.
        let path = request.path.isEmpty ? [UInt8(ascii: "/")] : request.path
        guard path[0] == UInt8(ascii: "/") else {
            return .now(HTTPResponse(.noContent, headers: cors?.answers(to: request.headers) ?? []))
        }
        var values: [ByteSlice] = []
        let nodes = nodes
        guard let node = try find(0, in: nodes, path, from: 1, &values) else {
            throw HTTPError(.notFound, "no such path: \(String(path.description.prefix(200)))")
        }
        guard let place = place(of: request.method, in: nodes[node].routes) else {
            if request.method == .options {
                let allow = HTTPHeader("allow", allowed(nodes[node].routes))
                let answers = cors?.answers(to: request.headers) ?? []
                return .now(HTTPResponse(.noContent, headers: [allow] + answers))
            }
            throw HTTPError(
                .methodNotAllowed, "\(String(request.method.description.prefix(32))) is not allowed here",
                headers: [HTTPHeader("allow", allowed(nodes[node].routes))])
        }
        let handler = nodes[node].routes[place].handler
        if values.isEmpty { return try answer(to: request, by: handler) }
        var request = request
        request.parameters = HTTPParameters(names: nodes[node].routes[place].names, values: values)
        return try answer(to: request, by: handler)
    }

    private func answer(to request: HTTPRequest, by handler: Handler) throws -> HTTPAnswer {
        switch handler {
        case .now(let handler): .now(try handler(request))
        case .later(let handler): .later(request, handler)
        }
    }

    private func place(of method: HTTPMethod, in routes: [Route]) -> Int? {
        for place in routes.indices where routes[place].method == method { return place }
        guard method == .head else { return nil }
        return routes.firstIndex { $0.method == .get }
    }

    private func allowed(_ routes: [Route]) -> String {
        var methods = routes.map(\.method.description)
        if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
        if !methods.contains("OPTIONS") { methods.append("OPTIONS") }
        return methods.joined(separator: ", ")
    }

    /// The node with routes for the path from `start` on, and the parameters' values on the way to it. As deep as the
    /// patterns are.
    private func find(
        _ node: Int, in nodes: [Node], _ path: ByteSlice, from start: Int, _ values: inout [ByteSlice]
    ) throws(HTTPError) -> Int? {
        let isAtEnd = start > path.count
        if isAtEnd || ignoresTrailingSlash && start == path.count && start > 1 {
            return nodes[node].routes.isEmpty ? nil : node
        }
        let end = path.span.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
        guard let segment = PercentDecoding.decode(path.slice(start..<end)) else {
            throw HTTPError(.badRequest, "the path has an invalid percent-encoding")
        }
        for place in nodes[node].literals.indices where nodes[node].literals[place].name == segment {
            let next = nodes[node].literals[place].node
            if let found = try find(next, in: nodes, path, from: end + 1, &values) { return found }
        }
        guard let parameter = nodes[node].parameter, !segment.isEmpty else { return nil }
        values.append(segment)
        if let found = try find(parameter, in: nodes, path, from: end + 1, &values) { return found }
        values.removeLast()
        return nil
    }
}
