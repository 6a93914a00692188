import Bytes
import CFuzzer
import HTTP

/// Reads whatever comes as requests on one connection, and as responses: fed whole and in pieces, whose size the first
/// byte says, it must be the same messages, bodies and refusal, under limits that the second byte says; nothing is consumed
/// twice, and what was refused stays so. The targets' queries are read, too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = ByteSlice(Array(UnsafeBufferPointer(start: start, count: count)))
    guard input.count > 2 else { return 0 }
    let bytes = input.suffix(from: 2)
    var limits = HTTPLimits()
    if input[1] & 1 == 1 {
        limits.line = 20 + Int(input[1] >> 4)
        limits.headerBytes = 60
        limits.headerCount = 4
        limits.chunkLine = 8
        limits.chunkExtensions = 16
    }
    let piece = Int(input[0] % 17) + 1
    precondition(requests(in: bytes, limits, piece: piece) == requests(in: bytes, limits, piece: bytes.count))
    for isHead in [false, true] {
        let whole = responses(in: bytes, limits, isHead: isHead, piece: bytes.count)
        precondition(responses(in: bytes, limits, isHead: isHead, piece: piece) == whole, "pieces change nothing")
    }
    return 0
}

/// What the bytes are as responses, in a few words each.
private func responses(in bytes: ByteSlice, _ limits: HTTPLimits, isHead: Bool, piece: Int) -> [String] {
    var parser = HTTPResponseParser(limits: limits)
    return messages(in: bytes, limits, piece: piece) { (buffer) throws(HTTPError) in
        guard let head = try parser.parse(buffer, isHead: isHead) else { return nil }
        return ("\(head.status.code) \(head.keepsAlive) \(head.headers.count)", head.framing)
    }
}

/// What the bytes are as requests, in a few words each.
private func requests(in bytes: ByteSlice, _ limits: HTTPLimits, piece: Int) -> [String] {
    var parser = HTTPRequestParser(limits: limits)
    return messages(in: bytes, limits, piece: piece) { (buffer) throws(HTTPError) in
        guard let head = try parser.parse(buffer) else { return nil }
        let value = (try? HTTPQuery(head.query).value("a")) ?? "-"
        return ("\(head.method) \(head.path) \(head.query) \(value) \(head.host) \(head.keepsAlive)", head.framing)
    }
}

/// The messages in bytes that come piece by piece, and the size of each body.
///
/// - Parameter parse: Takes a head off the buffer: what it is, and how its body's end is known; nil where more must come.
private func messages(
    in bytes: ByteSlice, _ limits: HTTPLimits, piece: Int,
    _ parse: (ReceiveBuffer) throws(HTTPError) -> (String, HTTPFraming)?
) -> [String] {
    let buffer = ReceiveBuffer(capacity: 64)
    var body: HTTPBodyDecoder?
    var content = 0
    var seen: [String] = []
    var position = 0
    do throws(HTTPError) {
        while position < bytes.count {
            let part = bytes.slice(position..<min(position + piece, bytes.count))
            buffer.append(part.span)
            position += part.count
            feeding: while true {
                guard var decoder = body.take() else {
                    guard let (head, framing) = try parse(buffer) else { break }
                    seen.append(head)
                    body = HTTPBodyDecoder(framing, limits: limits)
                    continue
                }
                switch try decoder.next(buffer) {
                case .bytes(let bytes):
                    content += bytes.count
                    body = decoder
                case .partial:
                    body = decoder
                    break feeding
                case .end:
                    seen.append("body of \(content)")
                    content = 0
                }
            }
        }
    } catch {
        // What was in the body before the fault depends on the pieces: the fault does not.
        return seen + ["\(error)"]
    }
    return seen + ["\(content)"]
}

@main
struct HTTPFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0!, $1) }
    }
}
