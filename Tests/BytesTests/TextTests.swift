import Bytes
import Testing

@Suite struct TextTests {
    private func written(_ write: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter()
        write(&writer)
        return writer.finish().description
    }

    @Test func `hexadecimal digits of either case`() {
        for value in UInt8.min...UInt8.max {
            let digit = Int(String(Unicode.Scalar(value)), radix: 16)
            #expect(value.hexadecimalValue.map(Int.init) == (value < 128 ? digit : nil))
        }
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12_345, Int.max, -1, -10, Int.min])
    func `integers in decimal`(value: Int) {
        #expect(written { $0.writeDecimal(value) } == "\(value)")
    }

    @Test func `as many digits as are wanted`() {
        #expect(written { $0.writeDecimal(UInt64.max) } == "18446744073709551615")
        #expect(written { $0.writeDecimal(UInt8(7)) } == "7")
        #expect(written { $0.writeDecimal(7, digits: 3) } == "007")
        #expect(written { $0.writeDecimal(12_345, digits: 2) } == "45")
        #expect(written { $0.writeHexadecimal(0xbeef, digits: 6) } == "00beef")
        #expect(written { $0.writeHexadecimal(.max, digits: 16) } == "ffffffffffffffff")
        #expect(written { $0.writeHexadecimal(0x0123_4567_89ab_cdef, digits: 16) } == "0123456789abcdef")
        #expect(written { $0.writeHexadecimal(0xfedc_ba98_7654_3210, digits: 9) } == "876543210")
        #expect(written { $0.writeHexadecimal(0x9a, digits: 1) } == "a")
    }

    @Test func `every day of four hundred years, and back`() {
        var previous = CivilDate(daysSince1970: -200_000)
        for days in Int64(-199_999)...200_000 {
            let date = CivilDate(daysSince1970: days)
            #expect(date.daysSince1970 == days)
            #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
            // The next day has the next number, or is the first of its month.
            #expect(date.day == previous.day + 1 || date.day == 1)
            previous = date
        }
        #expect(CivilDate(year: 1970, month: 1, day: 1)?.daysSince1970 == 0)
        #expect(CivilDate(year: 2000, month: 2, day: 29)?.daysSince1970 == 11_016)
    }

    @Test(arguments: [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0)])
    func `days that do not exist`(year: Int64, month: Int64, day: Int64) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_767_960_896_789, "2026-01-09T12:14:56.789Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `moments`(milliseconds: Int64, text: String) {
        #expect(written { CivilTime(millisecondsSince1970: milliseconds).write(into: &$0) } == text)
    }
}
