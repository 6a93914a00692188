// Micro-benchmarks of the rooms, each on one core: `micro-benchmark [room…]`. Timing belongs here and never in tests.
let rooms: [(name: String, run: () -> Void)] = [
    ("bytes", benchmarkBytes),
    ("json", benchmarkJSON),
]
let wanted = CommandLine.arguments.dropFirst()
for room in rooms where wanted.isEmpty || wanted.contains(room.name) { room.run() }
