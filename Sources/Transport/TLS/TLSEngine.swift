import CLinux
import COpenSSL
import Glibc

/// One connection's TLS: OpenSSL reads from and writes to the channel's socket by itself, as far as that goes without
/// waiting, and says what it waits for. Straight to the socket, since anything between would be one more copy.
///
/// - Safety: `Sendable` though it holds changing state: all of it is touched on the channel's loop alone. OpenSSL's error
///   queue is the thread's, and is read right behind the call that filled it.
final class TLSEngine: @unchecked Sendable {
    /// What came of a step.
    enum Step {
        case done(Int)
        case wantsRead
        case wantsWrite
        /// The peer has said goodbye.
        case end
    }

    private let ssl: OpaquePointer
    private let context: TLSContext
    private let channel: Channel
    private let host: String?
    private let server: String
    private let endpoint: Endpoint
    private var refused: RefusedCertificate?
    /// After a failure nothing more may be asked of OpenSSL; before the handshake there is nothing to say goodbye to.
    private var isBroken = false
    private var isReady = false
    /// The socket takes nothing more; what came before that can still be read: the peer's reason, for one.
    private var isDeaf = false
    private var saidGoodbye = false
    fileprivate var socketError: Int32 = 0
    fileprivate var failedToSend = false
    fileprivate var sawEnd = false
    /// How often the socket may still be read in this step. OpenSSL goes on for as long as what comes is not for us, and a
    /// peer may send such records without end.
    fileprivate var receives = 0
    private static let receivesPerStep = 8

    /// Whether the last step stopped though the socket has more.
    var hasMore: Bool { receives < 0 }

    init(_ context: TLSContext, _ channel: Channel, endpoint: Endpoint) throws(TransportError) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer), let bio = BIO_new(ChannelBIO.method) else {
            throw TransportError(
                .tls, "TLS cannot be set up: \(TLSError.takeQueue())", endpoint: endpoint)
        }
        self.ssl = ssl
        self.context = context
        self.channel = channel
        self.endpoint = endpoint
        host = context.serverName ?? endpoint.host
        server = "\(host ?? "")/\(endpoint)"
        // Both are counted as one: `SSL_free` frees the BIO.
        SSL_set_bio(ssl, bio, bio)
        let me = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, me)
        SSL_set_ex_data(ssl, Self.index, me)
        if context.isServer {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
            try prepareClient()
        }
    }

    deinit { SSL_free(ssl) }

    /// Sets the name to ask for and to check, and the session to go on with.
    private func prepareClient() throws(TransportError) {
        guard let host else {
            if context.checksHost {
                throw TransportError(
                    .tls, "TLS: a Unix socket has no host to check: set serverName, or check the chain only",
                    endpoint: endpoint)
            }
            return
        }
        var isAddress = false
        var address = in6_addr()
        if inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1 {
            isAddress = true
        }
        // Addresses are checked, but never asked for (RFC 6066).
        let isSet: Bool
        if isAddress {
            isSet = !context.checksHost || copenssl_set_host_address(ssl, host) == 1
        } else {
            isSet =
                copenssl_set_server_name(ssl, host) == 1
                && (!context.checksHost || SSL_set1_host(ssl, host) == 1)
            // A wildcard is a whole label, not a part of one.
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        }
        guard isSet else {
            throw TransportError(
                .tls, "TLS: '\(host)' cannot be a host's name: \(TLSError.takeQueue())", endpoint: endpoint)
        }
        if let session = context.takeSession(for: server) {
            SSL_set_session(ssl, session)
            SSL_SESSION_free(session)
        }
    }

    // MARK: Steps

    func handshake() throws(TransportError) -> Step {
        let step = try step("the handshake") { SSL_do_handshake(ssl) }
        if case .done = step { isReady = true }
        return step
    }

    func read(into memory: UnsafeMutableRawBufferPointer) throws(TransportError) -> Step {
        try step("reading") { SSL_read(ssl, memory.baseAddress, Int32(clamping: memory.count)) }
    }

    func write(_ memory: UnsafeRawBufferPointer) throws(TransportError) -> Step {
        guard !isDeaf else { throw TransportError(.reset, "TLS: the peer has gone", endpoint: endpoint) }
        return try step("writing") { SSL_write(ssl, memory.baseAddress, Int32(clamping: memory.count)) }
    }

    /// Says goodbye, where that was not done; the peer's is not waited for.
    func goodbye() throws(TransportError) -> Step {
        guard isReady, !isBroken, !isDeaf, !saidGoodbye else { return .done(0) }
        let step = try step("the goodbye") {
            // 0: ours is out and the peer's is not in yet.
            let result = SSL_shutdown(ssl)
            return result == 0 ? 1 : result
        }
        if case .done = step { saidGoodbye = true }
        return step
    }

    /// A write was given up in its middle: no goodbye can be said any more.
    func abandonWriting() { saidGoodbye = true }

    private func step(_ what: StaticString, _ call: () -> Int32) throws(TransportError) -> Step {
        guard !isBroken else {
            throw TransportError(.tls, "TLS: \(what) after a failure", endpoint: endpoint)
        }
        ERR_clear_error()
        socketError = 0
        receives = Self.receivesPerStep
        let result = call()
        if result > 0 { return .done(Int(result)) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .end
        default: break
        }
        let queue = TLSError.takeQueue()
        isDeaf = isReady && socketError != 0 && failedToSend
        isBroken = !isDeaf
        if socketError != 0 {
            channel.failure = socketError
            throw .system("read or write under TLS", socketError, endpoint: endpoint)
        }
        if !isReady {
            throw TransportError(
                .tls,
                sawEnd && refused == nil && !queue.contains("alert")
                    ? "TLS: the peer closed the connection during the handshake"
                    : TLSError.handshake(queue, refused: refused, host: host), endpoint: endpoint)
        }
        if sawEnd {
            throw TransportError(
                .reset, "TLS: the peer ended the connection without saying so: bytes may be missing",
                endpoint: endpoint)
        }
        if queue.contains("alert") {
            throw TransportError(
                .tls, TLSError.handshake(queue, refused: refused, host: host), endpoint: endpoint)
        }
        throw TransportError(
            .tls, "TLS: \(what) failed: \(queue.isEmpty ? "unknown reason" : queue)", endpoint: endpoint)
    }

    /// What the handshake came to.
    var info: TLSInfo {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        var chosen: String?
        if let name, count > 0 {
            chosen = String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
        }
        var subject: String?
        if let certificate = SSL_get1_peer_certificate(ssl) {
            subject = TLSError.text(of: X509_get_subject_name(certificate))
            X509_free(certificate)
        }
        return TLSInfo(
            version: String(cString: SSL_get_version(ssl)),
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "",
            applicationProtocol: chosen, peerSubject: subject, isResumed: SSL_session_reused(ssl) == 1,
            serverName: SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) })
    }

    // MARK: What OpenSSL calls

    /// Where a connection's engine is found.
    private static let index = copenssl_new_index()

    static func of(_ ssl: OpaquePointer?) -> TLSEngine? {
        guard let ssl, let pointer = SSL_get_ex_data(ssl, index) else { return nil }
        // OpenSSL calls back only within a call of ours, during which the engine lives.
        return Unmanaged<TLSEngine>.fromOpaque(pointer).takeUnretainedValue()
    }

    func keep(_ session: OpaquePointer) -> Bool {
        guard SSL_SESSION_is_resumable(session) == 1 else { return false }
        context.keep(session, for: server)
        return true
    }

    /// Notes which certificate verification stops at, and why; decides nothing.
    static let verify: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isGood, store in
        guard isGood == 0, let store else { return isGood }
        let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
        guard let engine = TLSEngine.of(ssl.map { OpaquePointer($0) }) else { return 0 }
        let certificate = X509_STORE_CTX_get_current_cert(store)
        let code = X509_STORE_CTX_get_error(store)
        engine.refused = RefusedCertificate(
            subject: TLSError.text(of: certificate.flatMap { X509_get_subject_name($0) }),
            issuer: TLSError.text(of: certificate.flatMap { X509_get_issuer_name($0) }),
            depth: X509_STORE_CTX_get_error_depth(store), code: code,
            reason: String(cString: X509_verify_cert_error_string(Int(code))))
        return 0
    }

    /// Takes what the socket has; nil where it has nothing yet.
    fileprivate func receive(_ memory: UnsafeMutableRawPointer, _ count: Int) -> Int? {
        guard channel.isReadable, !channel.isClosed else { return nil }
        receives -= 1
        guard receives >= 0 else { return nil }
        while true {
            let result = recv(channel.descriptor, memory, count, 0)
            if result > 0 {
                if result < count, !channel.peerHasClosed { channel.isReadable = false }
                return result
            }
            if result == 0 {
                // The system tells of a failure once, and the sending side may have heard of it.
                if channel.failure != 0 { socketError = channel.failure } else { sawEnd = true }
                failedToSend = false
                return 0
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                channel.isReadable = false
                return nil
            default:
                socketError = errno
                failedToSend = false
                return 0
            }
        }
    }

    /// Gives the socket as much as it takes; nil where it takes nothing now.
    fileprivate func send(_ memory: UnsafeRawPointer, _ count: Int) -> Int? {
        guard channel.isWritable, !channel.isClosed else { return nil }
        while true {
            let result = Glibc.send(channel.descriptor, memory, count, Int32(MSG_NOSIGNAL))
            if result >= 0 {
                if result < count { channel.isWritable = false }
                return result
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                channel.isWritable = false
                return nil
            default:
                socketError = errno
                failedToSend = true
                return 0
            }
        }
    }

    fileprivate var isAtEnd: Bool { sawEnd }
}

/// How OpenSSL reads and writes a channel.
private enum ChannelBIO {
    /// - Safety: made once and not changed any more.
    nonisolated(unsafe) static let method: OpaquePointer? = {
        let method = BIO_meth_new(
            BIO_get_new_index() | Int32(BIO_TYPE_SOURCE_SINK), "event loop channel")
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        BIO_meth_set_read(method) { bio, memory, count in
            copenssl_clear_retry(bio)
            guard let engine = engine(of: bio), let memory, count > 0 else { return -1 }
            guard let result = engine.receive(memory, Int(count)) else {
                copenssl_set_retry_read(bio)
                return -1
            }
            return result == 0 && engine.socketError != 0 ? -1 : Int32(result)
        }
        BIO_meth_set_write(method) { bio, memory, count in
            copenssl_clear_retry(bio)
            guard let engine = engine(of: bio), let memory, count > 0 else { return -1 }
            guard let result = engine.send(memory, Int(count)) else {
                copenssl_set_retry_write(bio)
                return -1
            }
            return result == 0 && engine.socketError != 0 ? -1 : Int32(result)
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1
            case BIO_CTRL_EOF: engine(of: bio)?.isAtEnd == true ? 1 : 0
            default: 0
            }
        }
        return method
    }()

    private static func engine(of bio: OpaquePointer?) -> TLSEngine? {
        guard let pointer = BIO_get_data(bio) else { return nil }
        // OpenSSL reads and writes only within a call of the engine's, during which it lives.
        return Unmanaged<TLSEngine>.fromOpaque(pointer).takeUnretainedValue()
    }
}
