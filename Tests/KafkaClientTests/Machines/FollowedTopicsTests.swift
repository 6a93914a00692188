import Testing

@testable import KafkaClient

@Suite("Which topics are followed")
struct FollowedTopicsTests {
    @Test("a look-up that finds nothing is over with; one that finds its topic keeps it")
    func lookUps() {
        var topics = FollowedTopics()
        #expect(topics.isEmpty)
        topics.lookUp("a")
        topics.lookUp("b")
        #expect(topics.all == ["a", "b"])
        topics.lookedUp("a", isFound: false)
        topics.lookedUp("b", isFound: true)
        #expect(topics.all == ["b"])
    }

    @Test("one of two look-ups that gives up leaves the topic to the other")
    func twoLookUps() {
        var topics = FollowedTopics()
        topics.lookUp("a")
        topics.lookUp("a")
        topics.lookedUp("a", isFound: false)
        #expect(topics.all == ["a"])
        topics.lookedUp("a", isFound: false)
        #expect(topics.isEmpty)
    }

    @Test("what is kept outlives look-ups and leading")
    func keeps() {
        var topics = FollowedTopics()
        let isNew = topics.keep(["a"])
        #expect(isNew)
        let isNewAgain = topics.keep(["a"])
        #expect(!isNewAgain)
        topics.lookUp("a")
        topics.lookedUp("a", isFound: false)
        _ = topics.lead(["a", "b"])
        _ = topics.lead([])
        #expect(topics.all == ["a"])
    }

    @Test("what members read is followed until others are named")
    func leads() {
        var topics = FollowedTopics()
        let first = topics.lead(["a", "b"])
        #expect(first)
        let second = topics.lead(["b"])
        #expect(!second)
        #expect(topics.all == ["b"])
        let third = topics.lead(["b", "c"])
        #expect(third)
    }
}
