public import Transport

/// How a server listens, what it takes, and how long it waits.
public struct HTTPServerConfiguration: Sendable {
    /// How connections are accepted.
    public var listen = ListenOptions()

    /// How much a request may send.
    public var limits = HTTPLimits()

    /// How long a new connection may take to send its first byte.
    public var firstByteTimeout = Duration.seconds(15)

    /// How long a request's head may take, from its first byte to its last.
    public var headTimeout = Duration.seconds(10)

    /// How long a body may take that is collected; how long each piece of it may take that is streamed.
    public var bodyTimeout = Duration.seconds(60)

    /// How long a connection may be silent between two requests.
    public var idleTimeout = Duration.seconds(75)

    /// How long a client may take to make room for what is written to it.
    public var writeTimeout = Duration.seconds(30)

    /// How long requests may go on after `stop()`; what is left then is cut.
    public var drainTimeout = Duration.seconds(10)

    /// How long a closing connection goes on reading, so that the client gets to read its last response.
    public var lingerTimeout = Duration.seconds(3)

    /// How many bytes of small bodies may be collected at once on each loop, those left out that came with their heads;
    /// what comes beyond is refused with 503.
    public var bodyMemory = 268_435_456

    /// A body of which no more than so many bytes are to come is a small one.
    public var smallBody = 65_536

    /// How many bytes large bodies may take together on each loop. While they do, the next ones are not read; one that
    /// is larger comes alone.
    public var largeBodyMemory = 67_108_864

    /// How long a large body may wait for its turn; then it is refused with 503.
    public var largeBodyWait = Duration.seconds(30)

    /// How long a client may be silent in the middle of a large body, for which others may wait.
    public var largeBodySilence = Duration.seconds(10)

    /// How many bytes of whole response bodies may wait on each loop for their clients to read, small ones left out; what
    /// comes beyond is refused with 503.
    public var responseMemory = 268_435_456

    /// How many bytes of a body that nobody read are passed over to keep the connection; past it the connection closes.
    public var unreadBodyLimit = 8_388_608

    /// Header lines that every response has, those that the server makes itself included.
    public var responseHeaders: [HTTPHeader] = []

    /// How bodies are made smaller for clients that take it; nil where they are not.
    public var contentCoding: HTTPContentCoding?

    /// Who is told of all that is answered and refused.
    public var observers: [any HTTPObserver] = []

    /// Makes the response for what the server refuses or a handler throws: a place for the program's own form of errors.
    public var refusal: @Sendable (HTTPError) -> HTTPResponse = { error in
        var response = HTTPResponse.text(error.status, error.message + "\n")
        response.headers = error.headers
        return response
    }

    /// The usual configuration.
    public init() {}
}
