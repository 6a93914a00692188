import COpenSSL
import Glibc
import Synchronization

/// OpenSSL's settings for many connections, made once and not changed any more.
///
/// - Safety: `Sendable` though it holds a pointer: OpenSSL's context may be used by many threads once it is set up, which
///   it is when `init` returns; the kept sessions are behind a mutex.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// The application protocols as they stand in a handshake: each with its length before it.
    let protocols: [UInt8]

    let isServer: Bool
    let checksHost: Bool
    /// What to use in place of this one for clients that ask for these names; in lower case.
    private let named: [String: TLSContext]
    let serverName: String?

    /// Sessions to go on with, by server. OpenSSL counts who holds them.
    private let sessions = Mutex<[String: Session]>([:])

    /// - Safety: an SSL_SESSION is counted by OpenSSL atomically, and is not changed once it was handed over.
    private struct Session: @unchecked Sendable { let pointer: OpaquePointer }

    /// How many servers' sessions are kept at most.
    private static let mostSessions = 1000

    init(
        _ role: TLSConfiguration.Role, _ protocols: [String],
        _ versions: ClosedRange<TLSConfiguration.Version>
    ) throws(TransportError) {
        ERR_clear_error()
        let method: OpaquePointer?
        var named: [String: TLSContext] = [:]
        if case .server(_, let identities, let clients) = role {
            isServer = true
            method = TLS_server_method()
            for (name, identity) in identities {
                let role = TLSConfiguration.Role.server(identity: identity, named: [:], clients: clients)
                named[name.lowercased()] = try TLSContext(role, protocols, versions)
            }
        } else {
            isServer = false
            method = TLS_client_method()
        }
        self.named = named
        guard let context = SSL_CTX_new(method) else {
            throw TransportError(.tls, "TLS cannot be set up: \(TLSError.takeQueue())")
        }
        pointer = context
        var list: [UInt8] = []
        for name in protocols {
            guard let count = UInt8(exactly: name.utf8.count), count > 0 else {
                SSL_CTX_free(context)
                throw TransportError(.invalid, "'\(name)' cannot be an application protocol's name")
            }
            list.append(count)
            list += name.utf8
        }
        self.protocols = list
        switch role {
        case .client(_, let verification, _, let name):
            if case .full = verification { checksHost = true } else { checksHost = false }
            serverName = name
        case .server:
            checksHost = false
            serverName = nil
        }
        // From here on `deinit` frees the context.
        copenssl_set_modes(context)
        _ = copenssl_set_min_version(context, versions.lowerBound.rawValue)
        _ = copenssl_set_max_version(context, versions.upperBound.rawValue)
        // An encrypted key is refused in place of a question on the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        switch role {
        case .client(let trust, let verification, let identity, _):
            try setUpClient(trust, verification, identity)
        case .server(let identity, _, let clients):
            try setUpServer(identity, clients)
        }
    }

    deinit {
        for session in sessions.withLock({ $0.values.map(\.pointer) }) { SSL_SESSION_free(session) }
        SSL_CTX_free(pointer)
    }

    private func setUpClient(
        _ trust: TLSConfiguration.Trust, _ verification: TLSConfiguration.Verification,
        _ identity: TLSConfiguration.Identity?
    ) throws(TransportError) {
        if case .none = verification {
            SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
        } else {
            try load(trust)
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, TLSEngine.verify)
        }
        if let identity { try load(identity) }
        if !protocols.isEmpty { SSL_CTX_set_alpn_protos(pointer, protocols, UInt32(protocols.count)) }
        copenssl_keep_sessions_outside(pointer)
        SSL_CTX_sess_set_new_cb(pointer) { ssl, session in
            // Returning 1 says that the session is ours now.
            guard let session, let engine = TLSEngine.of(ssl) else { return 0 }
            return engine.keep(session) ? 1 : 0
        }
    }

    private func setUpServer(
        _ identity: TLSConfiguration.Identity, _ clients: TLSConfiguration.ClientCertificates
    ) throws(TransportError) {
        try load(identity)
        switch clients {
        case .none: SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
        case .optional(let trust):
            try load(trust)
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, TLSEngine.verify)
        case .required(let trust):
            try load(trust)
            SSL_CTX_set_verify(
                pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, TLSEngine.verify)
        }
        // A server that asks for certificates must say whose sessions these are.
        let name = Array("event-analytics".utf8)
        SSL_CTX_set_session_id_context(pointer, name, UInt32(name.count))
        if !named.isEmpty {
            copenssl_on_server_name(
                pointer,
                { ssl, _, argument in
                    guard let ssl, let argument, let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else {
                        return SSL_TLSEXT_ERR_NOACK
                    }
                    // The engine holds the context for as long as its connection can call this.
                    let context = Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
                    if let other = context.find(String(cString: name)) { SSL_set_SSL_CTX(ssl, other.pointer) }
                    return SSL_TLSEXT_ERR_OK
                }, Unmanaged.passUnretained(self).toOpaque())
        }
        if !protocols.isEmpty {
            SSL_CTX_set_alpn_select_cb(
                pointer,
                { _, chosen, chosenCount, offered, offeredCount, argument in
                    guard let argument, let chosen, let chosenCount, let offered else {
                        return SSL_TLSEXT_ERR_NOACK
                    }
                    // The engine holds the context for as long as its connection can call this.
                    let context = Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
                    return context.select(UnsafeBufferPointer(start: offered, count: Int(offeredCount))) {
                        place, count in
                        chosen.pointee = offered + place
                        chosenCount.pointee = count
                    }
                }, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    /// The context for a name that a client asks for: its own, or its domain's.
    private func find(_ name: String) -> TLSContext? {
        let name = name.lowercased()
        if let exact = named[name] { return exact }
        guard let point = name.firstIndex(of: ".") else { return nil }
        return named["*" + name[point...]]
    }

    /// Finds the first of our protocols among those that the client offers.
    private func select(_ offered: UnsafeBufferPointer<UInt8>, _ choose: (Int, UInt8) -> Void)
        -> Int32
    {
        var ours = 0
        while ours < protocols.count {
            let name = protocols[ours...].prefix(Int(protocols[ours]) + 1)
            var place = 0
            while place < offered.count {
                let end = place + 1 + Int(offered[place])
                guard end <= offered.count else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                if offered[place..<end].elementsEqual(name) {
                    choose(place + 1, offered[place])
                    return SSL_TLSEXT_ERR_OK
                }
                place = end
            }
            ours += name.count
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

    private func load(_ trust: TLSConfiguration.Trust) throws(TransportError) {
        switch trust {
        case .system:
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw TransportError(
                    .tls, "the system's authorities cannot be read: \(TLSError.takeQueue())")
            }
        case .file(let path):
            guard SSL_CTX_load_verify_locations(pointer, path, nil) == 1 else {
                throw TLSError.loading("the authorities' file", path)
            }
            // A server names its authorities to the clients, which choose their certificate by them.
            if isServer, let names = SSL_load_client_CA_file(path) {
                SSL_CTX_set_client_CA_list(pointer, names)
            }
        }
    }

    private func load(_ identity: TLSConfiguration.Identity) throws(TransportError) {
        guard SSL_CTX_use_certificate_chain_file(pointer, identity.certificateChainFile) == 1 else {
            throw TLSError.loading("the certificate's file", identity.certificateChainFile)
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, identity.privateKeyFile, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_check_private_key(pointer) == 1
        else { throw TLSError.loading("the private key's file", identity.privateKeyFile) }
    }

    // MARK: Sessions

    /// Keeps a session for the next connection to the same server; takes over the caller's count.
    func keep(_ session: OpaquePointer, for server: String) {
        let new = Session(pointer: session)
        let old = sessions.withLock { sessions in
            if sessions.count >= Self.mostSessions, sessions[server] == nil, let other = sessions.first {
                sessions[server] = new
                return sessions.removeValue(forKey: other.key)
            }
            return sessions.updateValue(new, forKey: server)
        }
        if let old { SSL_SESSION_free(old.pointer) }
    }

    /// The session to go on with at a server; the caller frees it. One of TLS 1.3 is used once, as it should be: the
    /// server gives a new one each time.
    func takeSession(for server: String) -> OpaquePointer? {
        sessions.withLock { sessions in
            guard let session = sessions[server] else { return nil }
            if SSL_SESSION_get_protocol_version(session.pointer) >= TLS1_3_VERSION {
                sessions.removeValue(forKey: server)
            } else {
                SSL_SESSION_up_ref(session.pointer)
            }
            return session.pointer
        }
    }
}

/// Holds the context that is in use, so that it can be replaced while connections are made.
final class TLSContextStore: Sendable {
    private let context: Mutex<TLSContext>

    init(_ context: TLSContext) { self.context = Mutex(context) }

    var current: TLSContext { context.withLock { $0 } }

    func replace(with new: TLSContext) { context.withLock { $0 = new } }
}
