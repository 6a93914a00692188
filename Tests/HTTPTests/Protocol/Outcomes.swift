import Bytes
import HTTP
import Testing

/// Checks what becomes of the bytes: whole, split in two at every byte, and byte by byte it must be the same.
func expectOutcome(
    _ bytes: String, _ outcome: String, _ limits: HTTPLimits = HTTPLimits(),
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(outcomes(of: bytes, limits) == [outcome], sourceLocation: location)
}

/// The different outcomes that different ways of feeding give.
func outcomes(of text: String, _ limits: HTTPLimits) -> [String] {
    let bytes = ByteSlice(utf8: text)
    var all: Set<String> = [feed([bytes], limits)]
    for split in 1..<bytes.count { all.insert(feed([bytes.prefix(split), bytes.suffix(from: split)], limits)) }
    all.insert(feed((0..<bytes.count).map { bytes.slice($0..<($0 + 1)) }, limits))
    return all.sorted()
}

private func feed(_ pieces: [ByteSlice], _ limits: HTTPLimits) -> String {
    let buffer = ReceiveBuffer(capacity: 16)
    var parser = HTTPRequestParser(limits: limits)
    var decoder: HTTPBodyDecoder?
    var lines: [String] = []
    var body = ""
    do throws(HTTPError) {
        for piece in pieces {
            buffer.append(piece.span)
            while true {
                if var current = decoder.take() {
                    switch try current.next(buffer) {
                    case .bytes(let bytes): body += bytes.description
                    case .end:
                        lines[lines.count - 1] += body.isEmpty ? "" : " " + body
                        body = ""
                        continue
                    case .partial:
                        decoder = current
                        break
                    }
                    if decoder != nil { break }
                    decoder = current
                } else if let head = try parser.parse(buffer) {
                    lines.append(describe(head))
                    decoder = HTTPBodyDecoder(head.framing, limits: limits)
                } else {
                    break
                }
            }
        }
    } catch {
        lines.append("refused \(error.status.code)")
    }
    if decoder != nil || parser.isInside || !buffer.isEmpty, lines.last?.hasPrefix("refused") != true {
        lines.append("partial")
    }
    return lines.joined(separator: "\n")
}

private func describe(_ head: HTTPRequestHead) -> String {
    "\(head.method) \(head.path) ? \(head.query) @\(head.host) \(head.version) \(head.keepsAlive ? "keep" : "close")"
        + (head.expectation == .none ? "" : " \(head.expectation)")
}

extension String {
    var trimmingSpace: String { last == " " ? String(dropLast()) : self }
}
