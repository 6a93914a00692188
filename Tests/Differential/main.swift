// Answers for the scripts beside this file, which compare them with those of other parsers.
//
// Reads cases on standard input, each a length (4 bytes, the most significant first) and so many bytes; writes a line
// for each on standard output. `differential http` or `differential json`.
import Bytes
import Glibc

let answer: (ByteSlice) -> String =
    switch CommandLine.arguments.dropFirst().first {
    case "http": answerHTTP
    case "json": answerJSON
    default: { _ in "usage: differential http|json" }
    }

func read(_ count: Int) -> ByteSlice? {
    var writer = ByteWriter(capacity: count)
    while writer.count < count {
        var got = 0
        writer.write(upTo: count - writer.count) { target in
            got = Glibc.read(STDIN_FILENO, target.baseAddress, target.count)
            return max(got, 0)
        }
        if got <= 0 { return nil }
    }
    return writer.finish()
}

while let length = read(4) {
    let count = length.array.reduce(0) { $0 << 8 | Int($1) }
    guard let bytes = read(count) else { break }
    let line = ByteSlice(utf8: answer(bytes) + "\n")
    var sent = 0
    while sent < line.count {
        let count = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress! + sent, line.count - sent) }
        guard count > 0 else { exit(1) }
        sent += count
    }
}
