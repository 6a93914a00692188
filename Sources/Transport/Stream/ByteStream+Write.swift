public import Bytes
import CLinux
import Glibc

extension ByteStream {
    /// Writes the bytes: at once as many as the system takes, the rest when the peer has read some.
    ///
    /// Returns when the system has all of them, which says nothing about the peer having read them.
    ///
    /// - Throws: `.deadline`, `.cancelled`, `.closed`, `.inUse` where another task writes, `.reset`, `.tls`.
    public func write(_ bytes: ByteSlice, deadline: Deadline = .never) async throws(TransportError) {
        try beginWriting()
        defer { isWriting = false }
        var sent = 0
        while true {
            sent += try sendNow(bytes, from: sent)
            if sent == bytes.count { return await breathe() }
            try await pauseWriting(until: deadline, isCut: sent > 0)
        }
    }

    /// Writes as much of what stands in `writer` as the system takes at once; gives how many bytes that were. The rest
    /// must be written next.
    ///
    /// - Throws: `.closed`, `.inUse` where another task writes, `.reset`, `.tls`.
    package func writeNow(_ writer: borrowing ByteWriter) throws(TransportError) -> Int {
        try beginWriting()
        defer { isWriting = false }
        return try writer.span.withUnsafeBytes { (memory) throws(TransportError) in try sendNow(memory) }
    }

    /// Writes the slices one behind the other, with as few system calls as can be.
    ///
    /// Returns when the system has all of them.
    ///
    /// - Throws: `.deadline`, `.cancelled`, `.closed`, `.inUse` where another task writes, `.reset`, `.tls`.
    public func write(_ list: [ByteSlice], deadline: Deadline = .never) async throws(TransportError) {
        if list.count == 1 { return try await write(list[0], deadline: deadline) }
        if engine != nil { return try await write(joined(list), deadline: deadline) }
        try beginWriting()
        defer { isWriting = false }
        var position = Position()
        while true {
            try sendNow(list, &position)
            if position.index == list.count { return await breathe() }
            try await pauseWriting(until: deadline, isCut: position.index > 0 || position.offset > 0)
        }
    }

    /// Where the writing of a list stands: so many slices are gone, and so many bytes of the next one.
    struct Position {
        var index = 0
        var offset = 0

        mutating func advance(by count: Int, in list: [ByteSlice]) {
            var count = count
            while index < list.count {
                let left = list[index].count - offset
                if count < left {
                    offset += count
                    return
                }
                count -= left
                index += 1
                offset = 0
            }
        }
    }

    private func beginWriting() throws(TransportError) {
        loop.preconditionCurrent()
        // Its descriptor may be another connection's by now.
        if channel.isClosed { throw closed() }
        // Between two of another's pieces these bytes would be read as part of them.
        if isWriting { throw inUse("writes to") }
        if isCut {
            throw TransportError(.closed, "an earlier write was cut in its middle", endpoint: endpoint)
        }
        if isShutForWriting {
            throw TransportError(.closed, "the stream was shut for writing", endpoint: endpoint)
        }
        isWriting = true
    }

    private func pauseWriting(until deadline: Deadline, isCut: Bool) async throws(TransportError) {
        do {
            try await pause(channel.writing, until: deadline, reading: false)
        } catch {
            // TLS may hold a record of these bytes that is partly out, whatever was counted as sent: it can only be
            // finished with the same bytes, so nothing else may follow, not even a goodbye.
            if isCut || engine != nil { self.isCut = true }
            engine?.abandonWriting()
            throw error
        }
    }

    /// Hands as much to the system as it takes; returns how much that was.
    private func sendNow(_ bytes: ByteSlice, from start: Int) throws(TransportError) -> Int {
        try bytes.withUnsafeBytes { (memory) throws(TransportError) in
            try sendNow(UnsafeRawBufferPointer(rebasing: memory[start...]))
        }
    }

    private func sendNow(_ memory: UnsafeRawBufferPointer) throws(TransportError) -> Int {
        if channel.isClosed { throw closed() }
        guard !memory.isEmpty else { return 0 }
        if let engine { return try sendNow(engine, memory) }
        guard channel.isWritable else { return 0 }
        let (result, number) = retrying {
            send(channel.descriptor, memory.baseAddress, memory.count, Int32(MSG_NOSIGNAL))
        }
        return try taken(result, number, of: memory.count)
    }

    private func sendNow(_ list: [ByteSlice], _ position: inout Position) throws(TransportError) {
        /// Slices in one call: beyond some dozens, more of them gain nothing.
        let most = 64
        while true {
            if channel.isClosed { throw closed() }
            // Empty slices at the front are done with.
            position.advance(by: 0, in: list)
            guard channel.isWritable, position.index < list.count else { return }
            var asked = 0
            let (result, number) = withUnsafeTemporaryAllocation(of: iovec.self, capacity: most) {
                vectors in
                var count = 0
                var offset = position.offset
                for index in position.index..<min(position.index + most, list.count) {
                    // `list` holds the slices, and they their memory, until this function returns.
                    let (start, length) = list[index].withUnsafeBytes { ($0.baseAddress, $0.count) }
                    vectors[count] = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: start.map { $0 + offset }),
                        iov_len: length - offset)
                    asked += length - offset
                    offset = 0
                    count += 1
                }
                var message = msghdr()
                message.msg_iov = vectors.baseAddress
                message.msg_iovlen = count
                return withExtendedLifetime(list) {
                    retrying { sendmsg(channel.descriptor, &message, Int32(MSG_NOSIGNAL)) }
                }
            }
            position.advance(by: try taken(result, number, of: asked), in: list)
        }
    }

    /// Hands as much to TLS as it takes: a record at a time, until the socket is full.
    private func sendNow(_ engine: TLSEngine, _ memory: UnsafeRawBufferPointer) throws(TransportError) -> Int {
        var sent = 0
        channel.writeNeedsRead = false
        while sent < memory.count {
            switch try engine.write(UnsafeRawBufferPointer(rebasing: memory[sent...])) {
            case .done(let count): sent += count
            case .wantsWrite: return sent
            case .wantsRead:
                channel.writeNeedsRead = true
                return sent
            case .end:
                throw TransportError(.reset, "TLS: the peer has ended the connection", endpoint: endpoint)
            }
        }
        return sent
    }

    /// The slices in one piece: small ones would each become a record of their own.
    private func joined(_ list: [ByteSlice]) -> ByteSlice {
        var writer = ByteWriter(capacity: list.reduce(0) { $0 + $1.count })
        for slice in list { writer.write(slice) }
        return writer.finish()
    }

    private func retrying(_ call: () -> Int) -> (result: Int, number: Int32) {
        while true {
            let result = call()
            let number = errno
            if result >= 0 || number != EINTR { return (result, number) }
        }
    }

    private func taken(_ result: Int, _ number: Int32, of asked: Int) throws(TransportError) -> Int {
        if result >= 0 {
            // Less than was offered: the socket is full, and tells when there is room again.
            if result < asked { channel.isWritable = false }
            return result
        }
        guard number == EAGAIN else {
            channel.failure = number
            throw .system("write", number, endpoint: endpoint)
        }
        channel.isWritable = false
        return 0
    }

    /// Ends this side: the peer reads to an orderly end, and may go on sending. Again does nothing.
    ///
    /// - Throws: `.deadline`, `.cancelled`, `.closed`, `.inUse` where another task writes, `.reset`, `.tls`.
    public func shutdownWrite(deadline: Deadline = .never) async throws(TransportError) {
        loop.preconditionCurrent()
        if isShutForWriting { return }
        try beginWriting()
        defer { isWriting = false }
        if let engine {
            goodbye: while true {
                if channel.isClosed { throw closed() }
                switch try engine.goodbye() {
                case .done, .end: break goodbye
                case .wantsRead: channel.writeNeedsRead = true
                case .wantsWrite: channel.writeNeedsRead = false
                }
                try await pause(channel.writing, until: deadline, reading: false)
            }
        }
        isShutForWriting = true
        guard Glibc.shutdown(channel.descriptor, Int32(SHUT_WR)) == 0 else {
            throw .system("shutdown", errno, endpoint: endpoint)
        }
    }
}
