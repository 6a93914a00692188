/// Runs `body`, which works through `bytes` bytes, often enough to fill half a second, five times; prints the median.
///
/// - Parameters:
///   - name: What is measured.
///   - bytes: How many bytes one call works through, for GB/s; 0 where there are none.
///   - operations: How many operations one call does, for nanoseconds an operation.
func measure(_ name: String, bytes: Int, operations: Int = 1, _ body: () -> Void) {
    let clock = ContinuousClock()
    var calls = 1
    while clock.measure({ for _ in 0..<calls { body() } }) < .milliseconds(50) { calls *= 2 }
    calls *= 10
    let rounds = (0..<5).map { _ in clock.measure { for _ in 0..<calls { body() } } / calls }.sorted()
    let nanoseconds = Double(rounds[2].components.attoseconds) / 1e9 + Double(rounds[2].components.seconds) * 1e9
    var line = "\(name): \((nanoseconds / Double(operations) * 10).rounded() / 10) ns"
    if bytes > 0 { line += ", \((Double(bytes) / nanoseconds * 100).rounded() / 100) GB/s" }
    print(line)
}

/// Keeps the optimiser from leaving out what nobody looks at.
@inline(never)
func keep<Value>(_ value: Value) {}
