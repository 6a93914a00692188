import Bytes

func benchmarkBytes() {
    let block = ByteSlice((0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 131) })
    measure("CRC32C of 1 MiB", bytes: block.count) { keep(CRC32C.checksum(block.span)) }
    measure("CityHash128 of 1 MiB", bytes: block.count) { keep(CityHash128.hash(block.span)) }

    let text = ByteSlice(utf8: String(repeating: "event analytics ", count: 16))
    let records = 1_000
    measure("write 300-byte records", bytes: records * 300, operations: records) {
        var writer = ByteWriter(capacity: 400 * records)
        for index in 0..<records {
            writer.writeZigzag32(300)
            writer.writeZigzag64(Int64(index))
            writer.writeBigEndian(Int64(index))
            writer.writeBigEndian(Int32(16))
            writer.write(text.prefix(16))
            writer.writeVarint(UInt64(text.count))
            writer.write(text)
        }
        keep(writer.finish())
    }

    var writer = ByteWriter(capacity: 400 * records)
    for index in 0..<records {
        writer.writeZigzag32(300)
        writer.writeBigEndian(Int64(index))
        writer.writeVarint(UInt64(text.count))
        writer.write(text)
    }
    let written = writer.finish()
    measure("read 300-byte records", bytes: written.count, operations: records) {
        var reader = ByteReader(written)
        var total = 0
        do {
            while !reader.isAtEnd {
                _ = try reader.readZigzag32()
                _ = try reader.readBigEndian(Int64.self)
                total &+= try reader.readSlice(Int(try reader.readVarint())).count
            }
        } catch { fatalError("\(error)") }
        keep(total)
    }
}
