// swift-tools-version: 6.2
import PackageDescription

/// What every room is built with. Warnings become errors in CI by flag, never here: that would break whoever depends
/// on this package by path.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For the rooms whose readers borrow from spans.
let lifetimes: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

/// For the rooms that read bytes from strangers.
let strict: [SwiftSetting] = [.strictMemorySafety()]

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common + settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
        swiftSettings: common + lifetimes + settings)
}

let package = Package(
    name: "event-analytics",
    products: [
        .library(name: "KafkaProtocol", targets: ["KafkaProtocol", "Bytes"]),
        .library(name: "KafkaClient", targets: ["KafkaClient", "KafkaProtocol", "Transport", "Telemetry", "Bytes"]),
        .library(name: "ClickHouseProtocol", targets: ["ClickHouseProtocol", "Bytes"]),
        .library(
            name: "ClickHouseClient",
            targets: ["ClickHouseClient", "ClickHouseProtocol", "Transport", "Telemetry", "Bytes"]),
        .library(name: "EventClient", targets: ["EventClient", "Transport"]),
        .executable(name: "event-analytics", targets: ["event-analytics"]),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        // The floor
        room("Bytes", ["CLinux"], settings: lifetimes + strict),
        room("Compression", ["Bytes", "CLZ4", "CZlib"], settings: lifetimes),
        room("JSON", ["Bytes"], settings: lifetimes),
        room("Telemetry", ["Bytes"]),
        room("Transport", ["Bytes", "Telemetry", "COpenSSL", "CLinux"], settings: lifetimes),
        room("HTTP", ["Bytes", "Transport", "Telemetry"], settings: lifetimes),

        // The protocols, and the clients that speak them
        room("KafkaProtocol", ["Bytes", "Compression"], settings: lifetimes + strict),
        room("KafkaClient", ["KafkaProtocol", "Bytes", "Transport", "Telemetry", "COpenSSL"], settings: lifetimes),
        room("KafkaBroker", ["KafkaProtocol", "Bytes", "Transport", "Telemetry"], settings: lifetimes),
        room("ClickHouseProtocol", ["Bytes", "Compression"], settings: lifetimes + strict),
        room("ClickHouseClient", ["ClickHouseProtocol", "Bytes", "Transport", "Telemetry"], settings: lifetimes),

        // The pages inside the program
        .target(name: "CDashboard"),
        .target(
            name: "Dashboard", dependencies: ["CDashboard", "Bytes", "HTTP", "Transport"],
            exclude: ["Pages", "package.json"],
            swiftSettings: common + lifetimes),

        // The pipeline
        room("Events", ["Bytes", "JSON"], settings: lifetimes),
        room("OTLP", ["Events", "Bytes", "JSON"], settings: lifetimes + strict),
        room(
            "EventStore",
            ["Events", "ClickHouseClient", "ClickHouseProtocol", "Bytes", "JSON", "Telemetry", "Transport"],
            settings: lifetimes),
        room(
            "EventQueries",
            ["Events", "EventStore", "ClickHouseClient", "ClickHouseProtocol", "Bytes", "JSON", "Transport"],
            settings: lifetimes),
        room(
            "EventAPI",
            [
                "Events", "EventStore", "EventQueries", "OTLP", "KafkaClient", "KafkaProtocol", "HTTP", "Compression",
                "Dashboard", "Bytes",
                "JSON", "Telemetry",
                "Transport",
            ],
            settings: lifetimes),
        room(
            "EventConsumer",
            ["Events", "EventStore", "KafkaClient", "KafkaProtocol", "HTTP", "Bytes", "Telemetry", "Transport"],
            settings: lifetimes),
        room("Supervision"),
        room("Tracing", ["Bytes", "JSON", "HTTP", "Telemetry", "Transport"], settings: lifetimes),

        // The Swift SDK
        room("EventClient", ["Events", "HTTP", "Compression", "Bytes", "JSON", "Transport"], settings: lifetimes),

        // The program
        .executableTarget(
            name: "event-analytics",
            dependencies: [
                "Supervision",
                "Events", "EventStore", "EventAPI", "EventConsumer", "KafkaBroker", "KafkaClient", "ClickHouseClient",
                "HTTP", "JSON", "Dashboard", "Tracing", "Bytes", "Telemetry", "Transport", "CLinux",
            ],
            swiftSettings: common),

        // Benchmarks
        .executableTarget(
            name: "benchmark", dependencies: ["HTTP", "JSON", "Transport", "Bytes"], path: "Benchmarks/pipeline",
            swiftSettings: common + lifetimes),
        .executableTarget(
            name: "micro-benchmark", dependencies: ["Bytes", "JSON"], path: "Benchmarks/micro",
            swiftSettings: common + lifetimes),

        .executableTarget(
            name: "http-benchmark", dependencies: ["Bytes", "Events", "HTTP", "Transport"], path: "Benchmarks/http",
            exclude: ["run", "event.lua"], swiftSettings: common),

        .executableTarget(
            name: "kafka-client-benchmark", dependencies: ["Bytes", "KafkaClient", "KafkaProtocol", "Transport"],
            path: "Benchmarks/kafka-client", swiftSettings: common + lifetimes),

        .executableTarget(
            name: "clickhouse-benchmark",
            dependencies: ["Bytes", "ClickHouseClient", "ClickHouseProtocol", "Transport"],
            path: "Benchmarks/clickhouse", exclude: ["run"], swiftSettings: common),
        .executableTarget(
            name: "clickhouse-rows-benchmark", dependencies: ["ClickHouseClient", "ClickHouseProtocol", "Transport"],
            path: "Benchmarks/clickhouse-rows", swiftSettings: common),

        // Tests
        .executableTarget(
            name: "differential", dependencies: ["Bytes", "HTTP", "JSON"], path: "Tests/Differential",
            exclude: ["compare-floats.py", "compare-http.py", "compare-json.py"], swiftSettings: common + lifetimes),
        .target(
            name: "TestSupport", dependencies: ["Bytes", "Transport", "Telemetry"], path: "Tests/TestSupport",
            swiftSettings: common + lifetimes),
        .executableTarget(
            name: "broker-runner", dependencies: ["KafkaBroker", "Telemetry", "Transport"], path: "Tests/BrokerRunner",
            swiftSettings: common),
        tests("Bytes"),
        tests("Compression", ["Bytes", "TestSupport"]),
        tests("JSON", ["Bytes"]),
        tests("Telemetry", ["Bytes", "TestSupport"]),
        tests("Transport", ["Bytes", "Telemetry", "TestSupport"]),
        tests("HTTP", ["Bytes", "Transport", "Telemetry", "TestSupport"]),
        tests("KafkaProtocol", ["Bytes", "Compression", "TestSupport"]),
        tests("KafkaClient", ["KafkaBroker", "KafkaProtocol", "Bytes", "Transport", "Telemetry", "TestSupport"]),
        tests(
            "KafkaBroker",
            ["broker-runner", "KafkaProtocol", "KafkaClient", "Bytes", "Transport", "Telemetry", "TestSupport"]),
        tests("Dashboard", ["Bytes", "HTTP", "Transport", "TestSupport"]),
        tests("Supervision", ["TestSupport"]),
        tests("Tracing", ["Bytes", "Telemetry", "Transport"]),
        tests(
            "EventClient", ["Events", "HTTP", "Compression", "Bytes", "JSON", "Transport", "TestSupport"]),
        tests("ClickHouseProtocol", ["Bytes", "Compression", "TestSupport"]),
        tests("ClickHouseClient", ["ClickHouseProtocol", "Bytes", "Transport", "Telemetry", "TestSupport"]),
        tests("Events", ["Bytes", "JSON", "TestSupport"]),
        tests("OTLP", ["Events", "Bytes", "JSON", "TestSupport"]),
        tests(
            "EventStore",
            [
                "Events", "ClickHouseClient", "ClickHouseProtocol", "Bytes", "JSON", "Transport", "Telemetry",
                "TestSupport",
            ]),
        tests("EventQueries", ["Events", "EventStore", "ClickHouseProtocol", "Bytes", "JSON", "TestSupport"]),
        tests(
            "EventAPI",
            [
                "Events", "EventStore", "KafkaClient", "HTTP", "Compression", "Bytes", "JSON", "Transport", "Telemetry",
                "TestSupport",
            ]),
        tests(
            "EventConsumer",
            ["Events", "EventStore", "KafkaClient", "KafkaProtocol", "Bytes", "Transport", "Telemetry", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzz drivers have no `main` of their own, libFuzzer brings it: they are built by `make fuzz` alone.
if Context.environment["FUZZ"] != nil {
    package.targets.append(.systemLibrary(name: "CFuzzer", path: "Fuzz/CFuzzer"))
    for (name, rooms) in [("BytesFuzz", ["Bytes"]), ("JSONFuzz", ["Bytes", "JSON"]), ("HTTPFuzz", ["Bytes", "HTTP"])] {
        package.targets.append(
            .executableTarget(
                name: name, dependencies: ["CFuzzer"] + rooms.map { .init(stringLiteral: $0) }, path: "Fuzz/\(name)",
                swiftSettings: common + lifetimes))
    }
}

// Building all of it takes minutes: with `ONLY=KafkaClientTests,EventsTests` set, the package is these targets and what they
// need. The sanitizers look at the floor that way.
if let only = Context.environment["ONLY"] {
    var wanted = only.split(separator: ",").map(String.init)
    var kept: Set<String> = []
    while let name = wanted.popLast() {
        guard kept.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else {
            continue
        }
        for dependency in target.dependencies {
            if case .byNameItem(let name, _) = dependency { wanted.append(name) }
        }
    }
    package.products = []
    package.targets.removeAll { !kept.contains($0.name) }
}
