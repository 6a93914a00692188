import CLinux
import Glibc
import Synchronization

/// Turns hosts' names into addresses, on the blocking pool and never on a loop.
enum Resolver {
    /// The addresses of an endpoint in the order in which to try them: families in turn, as RFC 8305 has it, beginning
    /// with the one that the system put first.
    static func resolve(
        _ endpoint: Endpoint, deadline: Deadline, on loop: EventLoop
    ) async throws(TransportError) -> [SocketAddress] {
        switch endpoint {
        case .unix(let path):
            guard let address = SocketAddress(path: path) else {
                throw TransportError(.invalid, "the socket's path is too long", endpoint: endpoint)
            }
            return [address]
        case .tcp(let host, let port):
            // Numbers need no asking, and no thread.
            if case .success(let found) = lookUp(host, port, flags: AI_NUMERICHOST | AI_NUMERICSERV) { return found }
            let answer = LoopBound<Result<[SocketAddress], LookUpFailure>?>(nil, on: loop)
            let slot = WaitSlot(loop: loop)
            let isAbandoned = Flag()
            BlockingPool.lookUp {
                // Those who gave up must not keep the others waiting.
                guard !isAbandoned.isSet else { return }
                let found = lookUp(host, port, flags: AI_NUMERICSERV)
                loop.execute {
                    answer.value = found
                    slot.wake(.ready)
                }
            }
            let wake = await slot.wait(until: deadline)
            slot.retire()
            isAbandoned.set()
            switch wake {
            case .deadline: throw TransportError(.deadline, "the name's look-up took too long", endpoint: endpoint)
            case .cancelled: throw TransportError(.cancelled, "cancelled", endpoint: endpoint)
            case .closed: throw TransportError(.closed, "the event loop has ended", endpoint: endpoint)
            case .inUse: throw TransportError(.inUse, "two tasks wait for one look-up", endpoint: endpoint)
            case .ready: break
            }
            switch answer.value {
            case .success(let found): return interleave(found)
            case .failure(let failure): throw TransportError(.resolve, failure.reason, endpoint: endpoint)
            case nil: throw TransportError(.resolve, "no answer", endpoint: endpoint)
            }
        }
    }

    struct LookUpFailure: Error { var reason: String }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    /// Asks the system; this may block for long.
    static func lookUp(_ host: String, _ port: Int, flags: Int32) -> Result<[SocketAddress], LookUpFailure> {
        // The system would take the lowest 16 bits.
        guard (0...65_535).contains(port) else { return .failure(LookUpFailure(reason: "\(port) is no port")) }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &list)
        guard result == 0 else {
            let reason = result == EAI_SYSTEM ? TransportError.text(of: errno) : String(cString: gai_strerror(result))
            return .failure(LookUpFailure(reason: "the name cannot be resolved: \(reason.lowercased())"))
        }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                found.append(SocketAddress(address, length: entry.pointee.ai_addrlen))
            }
            next = entry.pointee.ai_next
        }
        if found.isEmpty { return .failure(LookUpFailure(reason: "the name has no address")) }
        return .success(found)
    }

    /// The addresses with families in turn, the order within each family kept.
    static func interleave(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first?.family else { return [] }
        let preferred = addresses.filter { $0.family == first }
        let others = addresses.filter { $0.family != first }
        var order: [SocketAddress] = []
        for index in 0..<max(preferred.count, others.count) {
            if index < preferred.count { order.append(preferred[index]) }
            if index < others.count { order.append(others[index]) }
        }
        return order
    }
}
