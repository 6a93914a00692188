import KafkaProtocol

extension BrokerCore {
    /// InitProducerId, for producers without transactions: a fresh id each time, none of them ever twice.
    func initProducerID(_ call: Call, _ request: InitProducerIdRequest) async -> InitProducerIdResponse {
        guard request.transactionalID == nil else {
            // No retry helps: transactions are not offered.
            return InitProducerIdResponse { $0.errorCode = .transactionalIDAuthorizationFailed }
        }
        while producerIDs.isEmpty {
            let failed = await catalogLock.withLock { () async -> Bool in
                guard producerIDs.isEmpty else { return false }
                var catalog = self.catalog
                let first = catalog.nextProducerID
                catalog.nextProducerID = first + Catalog.producerIDBlock
                do throws(BrokerError) {
                    try await store(catalog)
                    producerIDs = first..<catalog.nextProducerID
                    return false
                } catch {
                    report(error)
                    return true
                }
            }
            if failed { return InitProducerIdResponse { $0.errorCode = .coordinatorNotAvailable } }
        }
        let id = producerIDs.lowerBound
        producerIDs = (id + 1)..<producerIDs.upperBound
        return InitProducerIdResponse {
            $0.producerID = id
            $0.producerEpoch = 0
        }
    }
}
