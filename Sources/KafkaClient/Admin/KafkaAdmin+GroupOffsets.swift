import Transport

extension KafkaAdmin {
    /// A group's committed offsets; partitions without one are missing.
    ///
    /// - Throws: `KafkaError`.
    @concurrent
    public func committedOffsets(
        ofGroup group: String, _ partitions: [TopicPartition]
    ) async throws -> [TopicPartition: Int64] {
        try await loop.run {
            let coordinator = Coordinator(group: group, cluster: self.cluster)
            return try await self.cluster.retrying { () async throws(KafkaError) in
                try await coordinator.committedOffsets(of: partitions)
            }
        }
    }

    /// Sets the committed offsets of a group that has no members at the moment.
    ///
    /// - Throws: `KafkaError`, `.fenced` where the group has members.
    @concurrent
    public func setCommittedOffsets(ofGroup group: String, _ offsets: [TopicPartition: Int64]) async throws {
        try await loop.run {
            let coordinator = Coordinator(group: group, cluster: self.cluster)
            try await self.cluster.retrying { () async throws(KafkaError) in
                let code = try await coordinator.commit(offsets, memberID: "", generation: -1, instanceID: nil)
                try coordinator.check(code, "the group's offsets were not set")
            }
        }
    }
}
