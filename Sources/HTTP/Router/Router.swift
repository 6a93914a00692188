import Bytes

/// Finds the handler for a request by its path and method.
///
///     let router = Router()
///     router.on(.get, "/event/:id") { request in … request.parameters.text("id") … }
///
/// Literal segments win over parameters. HEAD is answered by GET's handler, OPTIONS by the router. An unknown path is
/// refused with 404, an unknown method of a known path with 405 and `Allow`.
public final class Router: HTTPResponder {
    /// A handler.
    public typealias Handler = (HTTPRequest) async throws -> HTTPResponse

    private final class Node {
        var literals: [(name: ByteSlice, node: Node)] = []
        var parameter: Node?
        var routes: [Route] = []
    }

    private struct Route {
        let method: HTTPMethod
        let names: [String]
        let handler: Handler
    }

    private let root = Node()
    private let ignoresTrailingSlash: Bool

    /// Makes a router.
    ///
    /// - Parameter ignoresTrailingSlash: Whether `/path/` is `/path`; else they are two paths.
    public init(ignoresTrailingSlash: Bool = false) {
        self.ignoresTrailingSlash = ignoresTrailingSlash
    }

    /// Adds a handler.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - pattern: The path, `/` and all; a segment `:name` is a parameter, which stands for any text but the empty one.
    ///   - handler: Answers the requests.
    public func on(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping Handler) {
        var node = root
        var names: [String] = []
        for segment in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if segment.first == ":" {
                names.append(String(segment.dropFirst()))
                let next = node.parameter ?? Node()
                node.parameter = next
                node = next
            } else {
                let name = ByteSlice(utf8: String(segment))
                if let next = node.literals.first(where: { $0.name == name })?.node {
                    node = next
                } else {
                    let next = Node()
                    node.literals.append((name, next))
                    node = next
                }
            }
        }
        node.routes.append(Route(method: method, names: names, handler: handler))
    }

    /// Answers a request by its route.
    public func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        // A target that is a host alone asks for its root, an asterisk for the server itself.
        let path = request.path.isEmpty ? [UInt8(ascii: "/")] : request.path
        guard path[0] == UInt8(ascii: "/") else { return HTTPResponse(.noContent) }
        var values: [ByteSlice] = []
        guard let node = try find(root, path, from: 1, &values) else {
            throw HTTPError(.notFound, "no such path: \(String(path.description.prefix(200)))")
        }
        guard let route = route(node, request.method) else {
            if request.method == .options {
                return HTTPResponse(.noContent, headers: [HTTPHeader("allow", allowed(node))])
            }
            throw HTTPError(
                .methodNotAllowed, "\(String(request.method.description.prefix(32))) is not allowed here",
                headers: [HTTPHeader("allow", allowed(node))])
        }
        guard !values.isEmpty else { return try await route.handler(request) }
        var request = request
        request.parameters = HTTPParameters(names: route.names, values: values)
        return try await route.handler(request)
    }

    private func route(_ node: Node, _ method: HTTPMethod) -> Route? {
        for route in node.routes where route.method == method { return route }
        guard method == .head else { return nil }
        return node.routes.first { $0.method == .get }
    }

    private func allowed(_ node: Node) -> String {
        var methods = node.routes.map(\.method.description)
        if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
        if !methods.contains("OPTIONS") { methods.append("OPTIONS") }
        return methods.joined(separator: ", ")
    }

    /// The node with routes for the path from `start` on, and the parameters' values on the way to it. As deep as the
    /// patterns are.
    private func find(
        _ node: Node, _ path: ByteSlice, from start: Int, _ values: inout [ByteSlice]
    ) throws(HTTPError) -> Node? {
        let isAtEnd = start > path.count
        if isAtEnd || ignoresTrailingSlash && start == path.count && start > 1 {
            return node.routes.isEmpty ? nil : node
        }
        let end = path.span.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
        guard let segment = PercentDecoding.decode(path.slice(start..<end)) else {
            throw HTTPError(.badRequest, "the path has an invalid percent-encoding")
        }
        for literal in node.literals where literal.name == segment {
            if let found = try find(literal.node, path, from: end + 1, &values) { return found }
        }
        guard let parameter = node.parameter, !segment.isEmpty else { return nil }
        values.append(segment)
        if let found = try find(parameter, path, from: end + 1, &values) { return found }
        values.removeLast()
        return nil
    }
}
