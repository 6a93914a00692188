import Bytes
import Events
import TestSupport
import Testing

@testable import EventStore

@Suite("Where events stand, as far as is known")
struct StoredPlacesTests {
    private let text = ByteSlice(utf8: "0193a5c0-7f3e-7b42-a911-6a5c9be1d001")

    private func id(_ number: Int) -> EventID { EventID(high: 0, low: UInt64(number)) }

    private func note(_ places: inout StoredPlaces, _ number: Int, at time: Int64) {
        places.note(text.span, createdAt: Timestamp(milliseconds: time), of: id(number))
    }

    @Test("what is asked for stays, whatever else comes, and the bytes stay within the limit")
    func bounded() {
        var places = StoredPlaces(limit: 100_000)
        note(&places, 0, at: 7)
        for number in 1...10_000 {
            note(&places, number, at: Int64(number))
            let kept = places.place(of: id(0))
            #expect(kept == StoredPlace(conversationID: text, createdAt: Timestamp(milliseconds: 7)))
        }
        #expect(places.byteCount <= 100_000)
        let (first, last) = (places.place(of: id(1)), places.place(of: id(10_000)))
        #expect(first == nil)
        #expect(last?.createdAt == Timestamp(milliseconds: 10_000))
    }

    @Test("nothing is taken before anything is noted, and nothing noted where there is no room at all")
    func empty() {
        var places = StoredPlaces(limit: 32 << 20)
        #expect(places.byteCount == 0)
        let unknown = places.place(of: id(1))
        #expect(unknown == nil)
        places = StoredPlaces(limit: 0)
        note(&places, 1, at: 1)
        places.forget(id(1))
        let none = places.place(of: id(1))
        #expect(none == nil)
    }

    @Test("a conversation whose id is longer than a slot takes the event's older place out, too")
    func long() {
        var places = StoredPlaces(limit: 100_000)
        note(&places, 1, at: 1)
        let long = ByteSlice(utf8: String(repeating: "c", count: 40))
        places.note(long.span, createdAt: Timestamp(milliseconds: 2), of: id(1))
        let place = places.place(of: id(1))
        #expect(place == nil)
    }

    @Test("in any history a place is the one noted last, or not known; the four used last are")
    func histories() {
        var random = SeededRandom(11)
        for _ in 0..<200 {
            // One page: 256 sets, so that few ids out of many meet.
            var places = StoredPlaces(limit: 65_536)
            var noted: [Int: Int64] = [:]
            var recent: [Int] = []
            for time in 1...300 {
                let number = Int.random(in: 0..<2_000, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    places.forget(id(number))
                    noted[number] = nil
                    recent.removeAll { $0 == number }
                    let gone = places.place(of: id(number))
                    #expect(gone == nil)
                case 1:
                    let known = places.place(of: id(number))
                    if let known { #expect(known.createdAt.milliseconds == noted[number]) }
                default:
                    note(&places, number, at: Int64(time))
                    noted[number] = Int64(time)
                    recent.removeAll { $0 == number }
                    recent.append(number)
                }
                for number in recent.suffix(4) {
                    let known = places.place(of: id(number))
                    #expect(known?.createdAt.milliseconds == noted[number])
                }
            }
        }
    }
}
