import Bytes
import KafkaProtocol
import Telemetry
import Transport

/// The connection: made when somebody wants it, kept while it works, made again when it breaks.
extension BrokerLink {
    /// Keeps the connection until the link ends or the task is cancelled.
    func run() async {
        // Ends with `close` on every way out, also where the task was cancelled.
        defer { close() }
        while end == nil {
            if !isConnecting {
                switch await demand.waitEnd() {
                case .signalled, .deadline: continue
                case .cancelled, .closed: return
                }
            }
            do throws(KafkaError) {
                try await connectAndServe()
            } catch {
                if Task.isCancelled || end != nil { return }
                guard await isDown(error) else { return }
            }
        }
    }

    /// After a failure: tells everybody, and waits a little before the next attempt.
    ///
    /// - Returns: whether the link goes on.
    private func isDown(_ error: KafkaError) async -> Bool {
        let error = breakReason ?? error
        breakReason = nil
        isDemanded = false
        state = .connecting
        lastError = error
        logger.debug("connection down", metadata: ["broker": broker, "reason": error.message])
        abandon(error)
        onEvent(.down(error))
        do { try await loop.sleep(until: .after(attempts.failed())) } catch { return false }
        // Connects again only where somebody waits for it.
        if isConnecting, !outcome.hasWaiters, !isDemanded { state = .idle }
        return true
    }

    /// Makes a connection and serves it until it ends.
    ///
    /// - Throws: why it ended. Where the link itself was ended, whatever is thrown says nothing new.
    private func connectAndServe() async throws(KafkaError) {
        var options = ConnectOptions()
        options.connectTimeout = configuration.connectTimeout
        options.tls = configuration.tls
        let stream: ByteStream
        do throws(TransportError) {
            stream = try await ByteStream.connect(to: endpoint, options: options, on: loop)
        } catch {
            throw broken(WrongProtocol.connectFailure(error, isTLS: configuration.tls != nil))
        }
        guard isConnecting else {
            stream.close()
            throw broken("the connection is not wanted any more")
        }
        self.stream = stream
        outgoing = []
        let failure = await serve(stream)
        stream.close()
        self.stream = nil
        throw failure
    }

    /// Reads, writes and says who the client is; the first of them to fail ends the others.
    private func serve(_ stream: ByteStream) async -> KafkaError {
        await withTaskGroup(of: KafkaError?.self) { group in
            group.addTask { await self.failure { () async throws(KafkaError) in try await self.read(stream) } }
            group.addTask { await self.failure { () async throws(KafkaError) in try await self.write(stream) } }
            group.addTask {
                await self.failure { () async throws(KafkaError) in
                    try await self.greet()
                    self.becameReady()
                }
            }
            var first: KafkaError?
            // The greeting ends without a failure; the others do not.
            while first == nil, let ended = await group.next() { first = ended }
            stream.close()
            group.cancelAll()
            return first ?? broken("the connection ended")
        }
    }

    private func failure(_ body: () async throws(KafkaError) -> Void) async -> KafkaError? {
        do throws(KafkaError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private func becameReady() {
        guard isConnecting else { return }
        state = .ready
        attempts.succeeded()
        logger.debug("connected", metadata: ["broker": broker])
        outcome.signal()
        onEvent(.ready)
    }

    // MARK: The end

    /// Ends the connection for good, since its owner is closed.
    func close() { end(.closed) }

    /// Ends the connection for good, since the cluster has no such broker any more. What is in flight may be asked of
    /// another one.
    func retire() { end(.retired) }

    private func end(_ end: ConnectionEnd) {
        guard self.end == nil else { return }
        state = .ended(end)
        stream?.close()
        stream = nil
        demand.signal()
        abandon(end.error(broker: broker))
    }

    // MARK: Bytes

    private func read(_ stream: ByteStream) async throws(KafkaError) {
        let buffer = ReceiveBuffer(capacity: 65_536)
        var wanted = 4
        var hasHeard = false
        while true {
            while buffer.count >= wanted {
                let first = Self.number(in: buffer.span)
                if !hasHeard, let name = WrongProtocol.name(firstBytes: first) {
                    throw WrongProtocol.error(name, broker: broker)
                }
                let length = Int(Int32(bitPattern: first))
                guard length >= 4, length <= configuration.maxResponseBytes else {
                    throw KafkaError(
                        .malformedResponse, "an answer claims \(length) bytes", broker: broker, isRetriable: true)
                }
                wanted = 4 + length
                guard buffer.count >= wanted else { break }
                buffer.consume(4)
                let frame = buffer.takeSlice(length)
                hasHeard = true
                try received(frame, correlationID: Int32(bitPattern: Self.number(in: frame.span)))
                wanted = 4
            }
            let room = max(wanted - buffer.count, 4096)
            let count: Int
            do throws(TransportError) {
                count = try await stream.read(into: buffer, atLeast: room)
            } catch {
                throw error.code == .reset ? hungUp(hasHeard: hasHeard) : broken(error.message)
            }
            guard count > 0 else { throw hungUp(hasHeard: hasHeard) }
        }
    }

    private func hungUp(hasHeard: Bool) -> KafkaError {
        if !hasHeard { return broken(WrongProtocol.likelyCause(isTLS: configuration.tls != nil)) }
        if isReady { return broken("the broker closed the connection") }
        let step = configuration.sasl == nil ? "the handshake" : "SASL"
        return broken("the broker closed the connection during \(step)")
    }

    private static func number(in bytes: RawSpan) -> UInt32 {
        UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8 | UInt32(bytes[3])
    }

    private func write(_ stream: ByteStream) async throws(KafkaError) {
        while true {
            if outgoing.isEmpty {
                switch await writable.waitEnd() {
                case .signalled, .deadline: continue
                case .cancelled: throw .cancelled
                case .closed: throw .loopEnded
                }
            }
            let bytes = outgoing
            outgoing = []
            do throws(TransportError) {
                try await stream.write(bytes)
            } catch {
                throw broken(error.message)
            }
        }
    }
}
