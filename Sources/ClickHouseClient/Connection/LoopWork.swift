import Transport

/// Does a piece of a connection's work on its loop, where all of the connection is touched. It costs nothing where the caller
/// is there already, as code of no actor is inside of the client's closures; from an actor it is a hop, there and back.
///
/// What `work` holds need not be `Sendable`: the caller waits for its end, and whoever has borrowed a connection is the only
/// one who has it, its results and its inserts.
func onLoop<Value: Sendable>(
    _ loop: EventLoop, _ work: @escaping () async throws(ClickHouseError) -> Value
) async throws(ClickHouseError) -> Value {
    if loop.isCurrent { return try await work() }
    return try await hop(to: loop, Handed(work))
}

@concurrent
private func hop<Value: Sendable>(
    to loop: EventLoop, _ work: Handed<() async throws(ClickHouseError) -> Value>
) async throws(ClickHouseError) -> Value {
    let result: Result<Value, ClickHouseError>
    do {
        result = try await loop.run {
            do throws(ClickHouseError) {
                return .success(try await work.value())
            } catch {
                return .failure(error)
            }
        }
    } catch {
        throw ClickHouseError(.closed, "\(error)")
    }
    return try result.get()
}

/// Carries a value from one place to another.
///
/// - Safety: `Sendable` whatever the value is: each use hands it over to somebody who has it alone until it comes back.
struct Handed<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
