import Bytes
import EventConsumer
import KafkaClient
import Transport

/// What an operator does about dead letters.
extension Services {
    /// Lists, shows or sends again.
    func deadLetters(_ arguments: Arguments) async throws {
        let action = arguments.operands.first ?? "list"
        var places: [PutAside.Place] = []
        for text in arguments.operands.dropFirst() {
            guard let place = PutAside.Place(text) else {
                throw UsageError("a letter is named PARTITION:OFFSET, not '\(text)'")
            }
            places.append(place)
        }
        let all = arguments.options["--all"] != nil
        let again = arguments.options["--again"] != nil
        switch action {
        case "list" where places.isEmpty && !all && !again: try await controlling { try await list($0) }
        case "show" where places.count == 1 && !all && !again: try await controlling { try await show(places[0], $0) }
        case "replay" where all != !places.isEmpty:
            try await controlling { try await replay(all ? nil : Set(places), again: again, $0) }
        default:
            throw UsageError("say `dlq list`, `dlq show PARTITION:OFFSET`, or `dlq replay` with letters or --all")
        }
    }

    private func controlling(_ body: (DeadLetterControl) async throws -> Void) async throws {
        var configuration = try consumerConfiguration()
        configuration.kafka.callTimeout = .seconds(20)
        try await onLoops { group in
            let loop = group.next()
            try await loop.run { try await body(DeadLetterControl(configuration, on: loop)) }
        }
    }

    private func list(_ control: DeadLetterControl) async throws {
        var reasons: [String: Int] = [:]
        var (count, replayed) = (0, 0)
        try await control.each { letter, isReplayed in
            count += 1
            if isReplayed { replayed += 1 }
            reasons[letter.reason, default: 0] += 1
            let key = Self.shown(letter.key, otherwise: "-")
            Console.say(
                "\(letter.place)  \(letter.source)  \(key)  \(letter.reason)\(isReplayed ? "  (sent again)" : "")")
        }
        Console.say("\(count) dead letters, \(replayed) of them sent again")
        for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            Console.say("\(count) times: \(reason)")
        }
    }

    private func show(_ place: PutAside.Place, _ control: DeadLetterControl) async throws {
        var isFound = false
        try await control.each { letter, isReplayed in
            guard letter.place == place else { return }
            isFound = true
            Console.say("letter \(place) from \(letter.source)\(isReplayed ? ", sent again" : "")")
            Console.say("reason: \(letter.reason)")
            if let obstacle = letter.obstacle { Console.say("cannot be sent again: \(obstacle)") }
            Console.say("key: \(Self.shown(letter.key))")
            for header in letter.headers {
                Console.say("header \(header.name): \(Self.shown(header.value))")
            }
            Console.say("value:\n\(Self.shown(letter.value))")
        }
        guard isFound else { throw DeadLetterProblem(description: "there is no letter \(place)") }
    }

    /// Bytes as a text that does nothing to a terminal.
    private static func shown(_ bytes: ByteSlice?, otherwise: String = "none") -> String {
        guard let bytes else { return otherwise }
        var text = String.UnicodeScalarView()
        for scalar in bytes.description.unicodeScalars {
            let isControl =
                scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7f..<0xa0).contains(scalar.value)
            text.append(isControl ? "\u{fffd}" : scalar)
        }
        return String(text)
    }

    private func replay(_ places: Set<PutAside.Place>?, again: Bool, _ control: DeadLetterControl) async throws {
        var (sent, failed) = (0, 0)
        try await control.replay(places, again: again) { place, outcome in
            switch outcome {
            case .sent:
                sent += 1
                Console.say("\(place): sent again")
            case .wasSent: Console.say("\(place): was sent again before, and is not now: --again does")
            case .obstacle(let obstacle):
                failed += 1
                Console.say("\(place): cannot be sent again: \(obstacle)")
            case .missing:
                failed += 1
                Console.say("\(place): there is no such letter")
            }
        }
        Console.say("\(sent) letters were sent again")
        if failed > 0 { throw DeadLetterProblem(description: "\(failed) letters could not be sent again") }
    }
}

/// What could not be done about dead letters.
struct DeadLetterProblem: Error, CustomStringConvertible {
    let description: String
}
