import Bytes
import Testing

@Suite struct ByteReaderTests {
    @Test func `reads integers in both byte orders`() throws {
        let bytes: ByteSlice = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
        var reader = ByteReader(bytes)
        let value1 = try reader.readBigEndian(UInt16.self)
        #expect(value1 == 0x0102)
        let value2 = try reader.readLittleEndian(UInt32.self)
        #expect(value2 == 0x0605_0403)
        let value3 = try reader.readBigEndian(Int64.self)
        #expect(value3 == 0x0708_090a_0b0c_0d0e)
        let value4 = try reader.readByte()
        #expect(value4 == 15)
        let value5 = reader.isAtEnd
        #expect(value5)
    }

    @Test func `says what it read where the bytes end`() throws {
        let bytes: ByteSlice = [1, 2, 3]
        var reader = ByteReader(bytes)
        _ = try reader.readByte()
        let error = #expect(throws: ByteError.self) { try read(&reader) }
        func read(_ reader: inout ByteReader) throws(ByteError) {
            _ = try reader.readBigEndian(Int32.self, "the topic's name")
        }
        #expect(error?.description == "the bytes end within the topic's name (at byte 1)")
        let value6 = reader.position
        #expect(value6 == 1, "a failed read moves nothing")
    }

    @Test func `shares a slice's memory and copies anything else`() throws {
        let bytes = ByteSlice(utf8: "key=value")
        var reader = ByteReader(bytes)
        try reader.skip(4)
        let value = try reader.readSlice(5)
        #expect(value.utf8 == "value")
        let shared = value.withUnsafeBytes { $0.baseAddress }
        let origin = bytes.withUnsafeBytes { $0.baseAddress.map { $0 + 4 } }
        #expect(shared == origin)

        let array: [UInt8] = [1, 2, 3]
        let span = array.span
        var other = ByteReader(span.bytes)
        let value7 = try other.readSlice(3)
        #expect(value7 == [1, 2, 3])
    }

    @Test(arguments: [-1, Int.min]) func `refuses a negative count`(count: Int) {
        let bytes: ByteSlice = [1, 2, 3]
        var reader = ByteReader(bytes)
        do {
            _ = try reader.readSpan(count, "a key")
            Issue.record("read a negative count")
        } catch {
            #expect(error.code == .limit)
        }
    }

    @Test func `refuses a count that overflows`() {
        let bytes: ByteSlice = [1, 2, 3]
        var reader = ByteReader(bytes)
        do {
            _ = try reader.readArray(of: UInt64.self, count: .max)
            Issue.record("read an array without end")
        } catch {
            #expect(error.code == .limit)
        }
    }

    @Test func `reads arrays with one copy`() throws {
        var writer = ByteWriter()
        writer.write(array: [1.5, -2.25, .infinity] as [Double])
        let bytes = writer.finish()
        var reader = ByteReader(bytes)
        let value8 = try reader.readArray(of: Double.self, count: 3)
        #expect(value8 == [1.5, -2.25, .infinity])
        let value9 = try reader.readArray(of: Double.self, count: 0)
        #expect(value9 == [])
    }

    @Test func `reads text only where it is UTF-8`() throws {
        let bytes = ByteSlice(utf8: "größe")
        var reader = ByteReader(bytes)
        let value10 = try reader.readString(bytes.count)
        #expect(value10 == "größe")
        let broken: ByteSlice = [0x61, 0xff]
        var second = ByteReader(broken)
        do {
            _ = try second.readString(2, "a name")
            Issue.record("read what is not UTF-8")
        } catch {
            #expect(error == ByteError(.malformed, "a name", at: 0))
        }
    }

    @Test(
        arguments: [
            ([0x00], 0), ([0x7f], 127), ([0x80, 0x01], 128), ([0xff, 0xff, 0xff, 0xff, 0x0f], UInt64(UInt32.max)),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], UInt64.max),
        ] as [([UInt8], UInt64)])
    func `reads and writes varints`(encoded: [UInt8], value: UInt64) throws {
        let bytes = ByteSlice(encoded)
        var reader = ByteReader(bytes)
        let value11 = try reader.readVarint()
        #expect(value11 == value)
        var writer = ByteWriter(capacity: 0)
        writer.writeVarint(value)
        let value12 = writer.finish()
        #expect(value12 == bytes)
        for cut in 0..<encoded.count {
            let part = bytes.prefix(cut)
            var short = ByteReader(part)
            do {
                _ = try short.readVarint()
                Issue.record("read a varint that was cut")
            } catch {
                #expect(error.code == .endOfBytes)
            }
        }
    }

    @Test(
        arguments: [
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
        ] as [[UInt8]])
    func `refuses a varint without end`(encoded: [UInt8]) {
        let bytes = ByteSlice(encoded)
        var reader = ByteReader(bytes)
        do {
            _ = try reader.readVarint()
            Issue.record("read a varint that does not fit")
        } catch {
            #expect(error.code == .malformed)
        }
    }

    @Test func `refuses 33 bits where 32 belong`() {
        let bytes: ByteSlice = [0xff, 0xff, 0xff, 0xff, 0x1f]
        var reader = ByteReader(bytes)
        do {
            _ = try reader.readVarint32()
            Issue.record("read more than 32 bits")
        } catch {
            #expect(error.code == .malformed)
        }
    }

    @Test(arguments: [0, 1, -1, 63, -64, 64, Int32.max, Int32.min])
    func `round-trips zigzag varints`(value: Int32) throws {
        var writer = ByteWriter()
        writer.writeZigzag32(value)
        writer.writeZigzag64(Int64(value) &* 4_294_967_296)
        let bytes = writer.finish()
        var reader = ByteReader(bytes)
        let value13 = try reader.readZigzag32()
        #expect(value13 == value)
        let value14 = try reader.readZigzag64()
        #expect(value14 == Int64(value) &* 4_294_967_296)
    }
}
