import KafkaProtocol
import Transport

/// The way to a group's coordinator, looked up when it is needed. Belongs to its consumer's loop.
final class GroupCoordinator {
    let group: String
    private let cluster: Cluster
    private var broker: Int32?

    init(group: String, cluster: Cluster) {
        self.group = group
        self.cluster = cluster
    }

    /// The coordinator has moved, or does not answer: it is looked up again.
    func forget() { broker = nil }

    /// Sends a request to the coordinator, once.
    func call<Request: KafkaRequest>(
        _ request: Request, limit: Int16 = .max, timeout: Duration? = nil, purpose: Cluster.Purpose = .calls
    ) async throws(KafkaError) -> Request.Response {
        let link = try await find(for: purpose)
        do throws(KafkaError) {
            return try await link.call(request, limit: limit, timeout: timeout)
        } catch {
            if error.isRetriable { forget() }
            throw error
        }
    }

    /// Turns an answer's code into an error, and forgets the coordinator where it is no longer the one.
    func check(_ code: KafkaErrorCode, _ what: String) throws(KafkaError) {
        guard code != .none else { return }
        if code == .notCoordinator || code == .coordinatorNotAvailable { forget() }
        throw KafkaError(server: code, what)
    }

    private func find(for purpose: Cluster.Purpose) async throws(KafkaError) -> BrokerLink {
        if let broker, let link = cluster.link(to: broker, for: purpose) { return link }
        if cluster.round == 0 { try await cluster.learnBrokers() }
        let request = FindCoordinatorRequest {
            $0.key = group
            $0.coordinatorKeys = [group]
        }
        let response = try await cluster.callAny(request)
        var code = response.errorCode
        var id = response.nodeID
        if let answer = response.coordinators.first {
            code = answer.errorCode
            id = answer.nodeID
        }
        guard code == .none else { throw KafkaError(server: code, "the group's coordinator was not told") }
        guard let link = cluster.link(to: id, for: purpose) else {
            cluster.wantsRefresh()
            throw KafkaError(.connection, "the group's coordinator is a broker not known yet", isRetriable: true)
        }
        broker = id
        return link
    }
}
