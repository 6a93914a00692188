extension EventStore {
    /// What is wrong with the database at this moment; nil where nothing is.
    public func problem() async -> EventStoreError? {
        do throws(EventStoreError) {
            _ = try await topics()
            return nil
        } catch { return error }
    }
}
