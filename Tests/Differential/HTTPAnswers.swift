import Bytes
import HTTP

/// The requests that the bytes are, fed whole; then fed in two pieces, split at every byte, and byte by byte: all ways
/// must give the same.
func answerHTTP(_ bytes: ByteSlice) -> String {
    let whole = requests([bytes])
    for split in 1..<max(bytes.count, 1) {
        let parts = requests([bytes.prefix(split), bytes.suffix(from: split)])
        if parts != whole { return "split at \(split) differs: \(parts) from \(whole)" }
    }
    let single = requests((0..<bytes.count).map { bytes.slice($0..<($0 + 1)) })
    if single != whole { return "byte by byte differs: \(single) from \(whole)" }
    return whole
}

/// The requests, one behind the other: method, target, version, headers and body; then how it ended.
private func requests(_ pieces: [ByteSlice]) -> String {
    var limits = HTTPLimits()
    limits.body = 1 << 40
    let buffer = ReceiveBuffer(capacity: 64)
    var parser = HTTPRequestParser(limits: limits)
    var text = ""
    var body: HTTPBodyDecoder?
    var content = ByteWriter()
    var keepsAlive = true
    do throws(HTTPError) {
        for piece in pieces {
            buffer.append(piece.span)
            feeding: while true {
                if var decoder = body.take() {
                    let step = try decoder.next(buffer)
                    switch step {
                    case .bytes(let bytes):
                        content.write(bytes)
                        body = decoder
                    case .partial:
                        body = decoder
                        break feeding
                    case .end:
                        text += hexadecimal(content.take()) + "\t"
                        // What follows is no business of this connection.
                        guard keepsAlive else { return text + "closed" }
                    }
                    continue
                }
                guard let head = try parser.parse(buffer) else { break }
                text += describe(head)
                keepsAlive = head.keepsAlive
                body = HTTPBodyDecoder(head.framing, limits: limits)
            }
        }
    } catch {
        return text + (body == nil ? "" : "partial body\t") + "refused \(error.status.code) \(error.message)"
    }
    return text + (body != nil || parser.isInside || !buffer.isEmpty ? "partial" : "end")
}

private func describe(_ head: HTTPRequestHead) -> String {
    var text = "\(head.method) \(hexadecimal(head.path))?\(hexadecimal(head.query))"
    text += head.version == .http10 ? " 1.0 " : " 1.1 "
    for index in 0..<head.headers.count {
        text += hexadecimal(head.headers.name(at: index)) + "=" + hexadecimal(head.headers.value(at: index)) + ","
    }
    return text + " " + (head.keepsAlive ? "keep " : "close ")
}
