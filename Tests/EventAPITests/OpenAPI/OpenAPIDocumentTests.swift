import Bytes
import EventStore
import Events
import HTTP
import KafkaClient
import Telemetry
import TestSupport
import Testing
import Transport

@testable import EventAPI

@Suite("The API's description")
struct OpenAPIDocumentTests {
    private let configuration = EventAPIConfiguration(
        endpoint: .tcp(host: "127.0.0.1", port: 1), kafka: KafkaConfiguration(brokers: []),
        store: EventStoreConfiguration())

    @Test("each route is described, and each description has its route")
    func routes() async throws {
        let configuration = configuration
        try await withLoops(1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let services = LoopServices(
                    configuration, on: loop, metrics: APIMetrics(), readiness: Readiness("kafka"),
                    places: StoredPlaceCache(), access: Access(keys: nil, eventsPerSecond: nil),
                    live: LiveFeed(configuration, on: loop))
                let router = Router()
                let guards = EventAPI.routes(services, on: router).guards
                #expect(
                    guards.map { "\($0.method) \($0.pattern)" } == router.patterns.map { "\($0.method) \($0.pattern)" })
                let served = Set(guards.map { "\($0.method) \($0.pattern) \($0.guard)" })
                let described = OpenAPIDocument(configuration: configuration).operations.map {
                    "\($0.method) \($0.path) \($0.lets)"
                }
                #expect(Set(described) == served)
                #expect(Set(described).count == described.count)
            }
        }
    }

    @Test("what is referred to is there, and each operation has a name of its own and the parameters of its path")
    func references() {
        let document = OpenAPIDocument(configuration: configuration)
        var referred: Set<String> = []
        func walk(_ node: DocumentNode) {
            switch node {
            case .list(let elements): elements.forEach(walk)
            case .object(let members):
                for member in members {
                    if member.name == "$ref", case .text(let target) = member.value { referred.insert(target) }
                    walk(member.value)
                }
            case .text, .number, .flag: break
            }
        }
        walk(document.root)
        #expect(referred.count > 20)
        for target in referred {
            let path = target.split(separator: "/").dropFirst().map(String.init)
            let found = path.reduce(DocumentNode?.some(document.root)) { $0?[$1] }
            #expect(found != nil, "\(target)")
        }
        let names = document.operations.map(\.id)
        #expect(Set(names).count == names.count)
        for operation in document.operations {
            let inPath = operation.path.split(separator: "/").filter { $0.first == ":" }.map { String($0.dropFirst()) }
            let named = operation.parameters.compactMap { parameter -> String? in
                guard case .text(let target)? = parameter["$ref"],
                    let node = document.parameters[target.split(separator: "/").last.map(String.init) ?? ""],
                    case .text("path")? = node["in"], case .text(let name)? = node["name"]
                else { return nil }
                return name
            }
            #expect(named == inPath, "\(operation.id)")
        }
    }

    @Test("the names and the limits are those of the program that runs")
    func configured() {
        var configuration = configuration
        configuration.eventNames = EventNames(["one", "two"])
        configuration.maximumBatchItems = 77
        let json = OpenAPIDocument(configuration: configuration).json.utf8 ?? ""
        #expect(json.contains(#""event_name":{"type":"string","enum":["one","two"]}"#))
        #expect(json.contains("up to 77 items"))
        configuration.eventNames = .any
        #expect(OpenAPIDocument(configuration: configuration).json.utf8?.contains(#""enum":["one""#) == false)
    }
}
