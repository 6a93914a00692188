import Bytes
import CFuzzer

/// Reads whatever comes as a script of steps: the first byte of each names what to read next. Whatever the bytes are,
/// a reader gives a value or an error, never moves back, and never past the end; CRC32C is the same by both ways.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    check(ByteSlice(Array(UnsafeBufferPointer(start: start, count: count))))
    return 0
}

@main
struct BytesFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0!, $1) }
    }
}

private func check(_ input: ByteSlice) {
    var reader = ByteReader(input)
    do {
        while !reader.isAtEnd {
            let before = reader.position
            try step(&reader)
            precondition(reader.position > before && reader.position <= input.count, "a reader moves on, inside")
        }
    } catch {
        precondition(reader.position <= input.count, "a failed reader stays inside")
    }
    writeAndReadBack(input)
}

private func step(_ reader: inout ByteReader) throws(ByteError) {
    switch try reader.readByte() & 0x0f {
    case 0: _ = try reader.readBigEndian(Int16.self)
    case 1: _ = try reader.readLittleEndian(UInt64.self)
    case 2: _ = try reader.readVarint()
    case 3: _ = try reader.readVarint32()
    case 4: _ = try reader.readZigzag32()
    case 5: _ = try reader.readZigzag64()
    case 6: _ = try reader.readSlice(Int(try reader.readZigzag32()))
    case 7: _ = try reader.readString(Int(try reader.readBigEndian(Int16.self)))
    case 8: _ = try reader.readArray(of: UInt32.self, count: Int(truncatingIfNeeded: try reader.readVarint()))
    case 9: try reader.skip(Int(truncatingIfNeeded: try reader.readVarint()))
    case 10: _ = try reader.readSpan(Int(try reader.readByte()))
    default: _ = try reader.readByte()
    }
}

/// A buffer that is filled and read in pieces gives the bytes in their order, and slices keep theirs.
private func writeAndReadBack(_ input: ByteSlice) {
    let buffer = ReceiveBuffer(capacity: 16)
    var kept: [(slice: ByteSlice, offset: Int)] = []
    var written = 0
    var read = 0
    while read < input.count {
        let piece = min(Int(input[read] & 0x1f) + 1, input.count - written)
        let bytes = input.slice(written..<(written + piece))
        buffer.append(bytes.span)
        written += piece
        let wanted = min(Int(input[read] >> 4) + 1, buffer.count)
        kept.append((buffer.takeSlice(wanted), read))
        read += wanted
        if kept.count > 8 { kept.removeFirst() }
    }
    for (slice, offset) in kept {
        precondition(slice == input.slice(offset..<(offset + slice.count)), "a slice keeps its bytes")
    }
}
