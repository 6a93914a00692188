import Bytes
import Testing

@testable import KafkaClient

@Suite("SCRAM")
struct SCRAMTests {
    /// The conversation of RFC 7677, section 3.
    @Test("says what RFC 7677 shows, and believes only the right broker")
    func example() throws {
        var scram = SCRAM(.scramSHA256(user: "user", password: "pencil"), nonce: "rOprNGfwEbeRWgbNEkqO")
        #expect(scram.first.utf8 == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        let answer = try scram.answer(
            to: ByteSlice(
                utf8: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
        #expect(
            answer.utf8 == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        try scram.verify(ByteSlice(utf8: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
        #expect(throws: KafkaError.self) { try scram.verify(ByteSlice(utf8: "v=AAAA")) }
        #expect(throws: KafkaError.self) { try scram.verify(ByteSlice(utf8: "e=invalid-proof")) }
    }

    @Test("refuses challenges that are not its own, or too easy")
    func badChallenges() {
        for challenge in [
            "", "r=other,s=QQ==,i=4096", "r=abcd,s=QQ==,i=1", "r=abc,s=QQ==,i=4096", "r=abcd,s=QQ==,i=-5",
        ] {
            var scram = SCRAM(.scramSHA256(user: "u", password: "p"), nonce: "abc")
            #expect(throws: KafkaError.self, "\(challenge)") { try scram.answer(to: ByteSlice(utf8: challenge)) }
        }
    }
}
