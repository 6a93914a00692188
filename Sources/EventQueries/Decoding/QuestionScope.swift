public import Events

/// What all questions share: which events, and how long the answer may take.
public struct QuestionScope: Hashable, Sendable {
    /// The first moment.
    public let from: Timestamp
    /// The first moment that is outside.
    public let to: Timestamp
    /// Where hours and days begin.
    let zone: LocalTime
    /// All hold together.
    let filters: [QuestionFilter]
    /// How long the answer may take.
    public let deadline: Duration

    private static let day: Int64 = 86_400_000

    /// - Parameter isOfAllTime: Whether the range is all time where it is not given, instead of the last seven days.
    init(_ object: inout QuestionObject, now: Timestamp, isOfAllTime: Bool = false) throws(QuestionError) {
        let to = try object.take("to").map { field throws(QuestionError) in try Moment(field).ceiling }
        let end = to ?? (isOfAllTime ? Timestamp.storable.upperBound : now)
        let first = object.take("from")
        let from = try first.map { field throws(QuestionError) in try Moment(field).ceiling }
        let week = Timestamp(milliseconds: end.milliseconds - 7 * Self.day)
        let earliest = Timestamp.storable.lowerBound
        self.from = from ?? (isOfAllTime ? earliest : max(week, earliest))
        self.to = end
        guard self.from < self.to else {
            throw QuestionError(object.path(of: from == nil ? "to" : "from"), "from must be before to")
        }
        if let field = object.take("timezone") {
            guard let zone = LocalTime.named(try field.text()) else {
                throw field.wrong("must be a time zone such as Europe/Berlin (IANA)")
            }
            self.zone = zone
        } else {
            zone = .utc
        }
        filters = try QuestionFilter.list(object.take("filters"))
        deadline = .milliseconds(try object.take("deadline_ms")?.integer(1...60_000) ?? 10_000)
    }
}
