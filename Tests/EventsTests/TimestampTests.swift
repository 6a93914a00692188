import Bytes
import Testing

@testable import Events

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("2026-01-09T12:34:56.789Z", 1_767_962_096_789),
            ("2024-02-29T23:59:59.999Z", 1_709_251_199_999), ("1969-12-31T23:59:59.999Z", -1),
            ("1900-01-01T00:00:00.000Z", -2_208_988_800_000), ("2299-12-31T23:59:59.999Z", 10_413_791_999_999),
            ("2000-03-01T00:00:00.000Z", 951_868_800_000),
        ] as [(String, Int64)])
    func readsWhatItWrites(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test(arguments: [
        ("2026-01-09T12:34:56Z", "2026-01-09T12:34:56.000Z"), ("2026-01-09T12:34:56.7Z", "2026-01-09T12:34:56.700Z"),
        ("2026-01-09t12:34:56.789999z", "2026-01-09T12:34:56.789Z"),
        ("2026-01-09T12:34:56+00:00", "2026-01-09T12:34:56.000Z"),
    ])
    func readsOtherFormsOfUTC(text: String, normal: String) {
        #expect(Timestamp(text)?.description == normal)
    }

    @Test(arguments: [
        "", "2026-01-09", "2026-01-09 12:34:56Z", "2026-01-09T12:34:56", "2026-01-09T12:34:56.Z",
        "2026-01-09T12:34:56+01:00", "2026-13-09T12:34:56Z", "2026-02-29T12:34:56Z", "2026-00-09T12:34:56Z",
        "2026-01-00T12:34:56Z", "2026-01-09T24:00:00Z", "2026-01-09T12:60:56Z", "2026-01-09T12:34:60Z",
        "26-01-09T12:34:56.000000Z", "2026-01-09T12:34:56ZZ",
    ])
    func refusesTheRest(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
