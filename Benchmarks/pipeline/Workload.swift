import Bytes
import HTTP

/// The operations of a run, each a function of its number: nothing is kept, and what must come out is known.
///
/// Creates are numbered 0..<creates. Updates go to the first events of a shuffled order; deletes to those from the
/// middle of the updated ones on, so that half of the updated events (as far as there are deletes) are deleted too.
struct Workload: Sendable {
    let creates: Int
    let updates: Int
    let deletes: Int

    /// Tells this run's ids and conversations from those of any other run.
    let run: UInt64

    /// A step that shares no factor with `creates`: walking by it visits every event once.
    private let stride: Int

    init(creates: Int, updates: Int, deletes: Int, run: UInt64) {
        self.creates = creates
        self.updates = updates
        self.deletes = deletes
        self.run = run
        var stride = creates * 5 / 8 | 1
        while Self.commonFactor(stride, creates) != 1 { stride += 2 }
        self.stride = stride
    }

    private static func commonFactor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : commonFactor(b, a % b) }

    /// Where the deletes begin in the shuffled order.
    private var firstDeleted: Int { min(updates / 2, creates - deletes) }

    /// The event that operation `number` of a phase goes to.
    func target(of number: Int, in phase: Phase) -> Int {
        switch phase {
        case .create: number
        case .update: shuffled(number)
        case .delete: shuffled(firstDeleted + number)
        }
    }

    private func shuffled(_ place: Int) -> Int {
        Int((UInt64(place).multipliedFullWidth(by: UInt64(stride))).low % UInt64(creates))
    }

    // MARK: What an event is

    var conversations: Int { (creates + Settings.eventsPerConversation - 1) / Settings.eventsPerConversation }

    func conversation(of event: Int) -> String { conversationName(event % conversations) }

    func conversationName(_ number: Int) -> String { "bench-\(String(run, radix: 16))-\(number)" }

    /// A UUID of version 4 form made from the run and the event's number.
    func id(of event: Int) -> String {
        let high = Self.mix(run &+ UInt64(event))
        let low = Self.mix(high ^ UInt64(event))
        let text = Self.hex(high) + Self.hex(low)
        let digits = Array(text.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return "\(part(0..<8))-\(part(8..<12))-4\(part(13..<16))-8\(part(17..<20))-\(part(20..<32))"
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// SplitMix64's finaliser: every bit of the input reaches every bit of the output.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    static let names = ["event_a", "event_b", "event_c"]

    func name(of event: Int) -> String { Self.names[event % 3] }

    func fails(_ event: Int) -> Bool { event % 25 == 0 }

    func input(of event: Int) -> String { "please write a summary of order \(event) for the team with three points" }

    static let failure = "timeout after 30 s"
    static let correction = "corrected by the benchmark"

    // MARK: Bodies

    /// The body of operation `number`, nil where it has none; some 400 bytes for a create.
    func body(of number: Int, in phase: Phase) -> ByteSlice? {
        let event = target(of: number, in: phase)
        switch phase {
        case .create:
            return ByteSlice(
                utf8: """
                    {"id":"\(id(of: event))","conversation_id":"\(conversation(of: event))",\
                    "conversation_metadata":"{\\"user\\":\(event % 100_000),\\"plan\\":\\"pro\\"}",\
                    "event_name":"\(name(of: event))","error":"\(fails(event) ? Self.failure : "")",\
                    "latency":\(event % 900).\(event % 10),"input":"\(input(of: event))",\
                    "output":"the order was sent yesterday and arrives today, see the report of event \(event)"}
                    """)
        case .update: return ByteSlice(utf8: "{\"error\":\"\(Self.correction)\",\"latency\":\(event % 700)}")
        case .delete: return nil
        }
    }

    // MARK: What must come out

    /// Which events are updated and which are deleted in the end.
    func outcome() -> (updated: Set<Int>, deleted: Set<Int>) {
        (
            Set((0..<updates).map { target(of: $0, in: .update) }),
            Set((0..<deletes).map { target(of: $0, in: .delete) })
        )
    }
}

/// The three parts of a run, in their order.
enum Phase: String, CaseIterable {
    case create
    case update
    case delete

    var method: HTTPMethod {
        switch self {
        case .create: .post
        case .update: .put
        case .delete: .delete
        }
    }
}
