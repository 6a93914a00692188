import Bytes
import Testing

@testable import Events

@Suite struct EventIDTests {
    @Test func readsAnyCaseAndShowsLowerCase() throws {
        let id = try #require(EventID("01890A5D-ac96-774B-bcce-B302099a8057"))
        #expect(id.description == "01890a5d-ac96-774b-bcce-b302099a8057")
        #expect(id.high == 0x0189_0a5d_ac96_774b)
        #expect(id.low == 0xbcce_b302_099a_8057)
    }

    @Test(arguments: [
        "", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "01890a5d-ac96-774b-bcce-b302099a805", "01890a5d-ac96-774b-bcce-b302099a80570",
        "01890a5d-ac96-774b-bcceb-302099a8057", "01890a5g-ac96-774b-bcce-b302099a8057",
        "01890a5d_ac96_774b_bcce_b302099a8057", "urn:uuid:01890a5d-ac96-774b-bcce-b302",
    ])
    func refusesEveryOtherForm(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test func madeIDsAreOfVersionSevenAndInOrder() {
        let generator = EventIDGenerator()
        let time = Timestamp(milliseconds: 1_767_225_600_123)
        var last = ""
        for step in 0..<10_000 {
            // The clock goes back now and then.
            let id = generator.next(at: Timestamp(milliseconds: time.milliseconds + Int64(step / 1000 % 3)))
            let text = id.description
            #expect(text > last)
            #expect(id.high >> 12 & 0xf == 7)
            #expect(id.low >> 62 == 0b10)
            last = text
        }
    }

    @Test func madeIDsHoldTheirTime() {
        let id = EventIDGenerator().next(at: Timestamp(milliseconds: 1_767_225_600_123))
        #expect(id.high >> 16 == 1_767_225_600_123)
    }
}
