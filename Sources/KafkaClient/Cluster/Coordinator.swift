import KafkaProtocol
import Transport

/// The way to the coordinator of a group, or of a transactional producer, looked up when it is needed. Belongs to its
/// client's loop.
final class Coordinator {
    /// What a coordinator can be asked for; the number is that of `FindCoordinatorRequest`.
    private enum Kind: Int8 {
        case group = 0
        case transaction = 1

        var description: String { self == .group ? "the group's coordinator" : "the transaction's coordinator" }
    }

    private let kind: Kind
    /// The group's name, or the transactional id.
    let name: String
    private let cluster: Cluster
    private var broker: Int32?

    init(group: String, cluster: Cluster) {
        kind = .group
        name = group
        self.cluster = cluster
    }

    init(transactionalID: String, cluster: Cluster) {
        kind = .transaction
        name = transactionalID
        self.cluster = cluster
    }

    /// The group's name.
    var group: String { name }

    /// The coordinator has moved, or does not answer: it is looked up again.
    func forget() { broker = nil }

    /// Sends a request to the coordinator, once.
    ///
    /// - Parameters:
    ///   - timeout: how long the coordinator may take to answer.
    ///   - deadline: when the caller waits no longer, looking up the coordinator and connecting included.
    func call<Request: KafkaRequest>(
        _ request: Request, limit: Int16 = .max, timeout: Duration? = nil, by deadline: Deadline = .never,
        purpose: Cluster.Purpose = .calls
    ) async throws(KafkaError) -> Request.Response {
        do {
            return try await withDeadline(deadline) {
                try await self.find(for: purpose).call(request, limit: limit, timeout: timeout)
            }
        } catch let error as KafkaError {
            // A connection is closed, too, where a broker moves or goes: that does not close the client.
            let isReplaced = error.code == .closed && !cluster.isClosed
            if error.isRetriable || isReplaced { forget() }
            guard isReplaced else { throw error }
            throw KafkaError(
                .connection, "the connection to the coordinator was replaced", broker: error.broker, isRetriable: true)
        } catch {
            // Only the deadline's own error is no `KafkaError`.
            forget()
            throw KafkaError(.timeout, "the coordinator did not answer in time", isRetriable: true)
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
            $0.key = name
            $0.keyType = kind.rawValue
            $0.coordinatorKeys = [name]
        }
        let response = try await cluster.callAny(request)
        var code = response.errorCode
        var id = response.nodeID
        if let answer = response.coordinators.first {
            code = answer.errorCode
            id = answer.nodeID
        }
        guard code == .none else { throw KafkaError(server: code, "\(kind.description) was not told") }
        guard let link = cluster.link(to: id, for: purpose) else {
            cluster.wantsRefresh()
            throw KafkaError(.connection, "\(kind.description) is a broker not known yet", isRetriable: true)
        }
        broker = id
        return link
    }
}
