import Bytes
import CFuzzer
import HTTP

/// Reads whatever comes as requests on one connection: fed whole and in pieces, whose size the first byte says, it must
/// be the same requests, bodies and refusal; nothing is consumed twice, and what was refused stays so.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = ByteSlice(Array(UnsafeBufferPointer(start: start, count: count)))
    guard let first = input.isEmpty ? nil : input[0] else { return 0 }
    let bytes = input.suffix(from: 1)
    let whole = requests(in: bytes, piece: max(bytes.count, 1))
    precondition(requests(in: bytes, piece: Int(first % 17) + 1) == whole, "pieces change nothing")
    return 0
}

/// What the bytes are, in a few words a request.
private func requests(in bytes: ByteSlice, piece: Int) -> [String] {
    let buffer = ReceiveBuffer(capacity: 64)
    var parser = HTTPRequestParser()
    var body: HTTPBodyDecoder?
    var content = 0
    var seen: [String] = []
    var position = 0
    do throws(HTTPError) {
        while position < bytes.count {
            let end = min(position + piece, bytes.count)
            let part = bytes.slice(position..<end)
            buffer.append(part.span)
            position = end
            feeding: while true {
                if var decoder = body.take() {
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
                    continue
                }
                guard let head = try parser.parse(buffer) else { break }
                seen.append("\(head.method) \(head.path) \(head.query) \(head.host) \(head.keepsAlive)")
                body = HTTPBodyDecoder(head.framing)
            }
        }
    } catch {
        seen.append("\(error.status.code)")
    }
    return seen
}

@main
struct HTTPFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0!, $1) }
    }
}
