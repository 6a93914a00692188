import ClickHouseProtocol

/// Types whose own way of being coded is not what their values mean in a table. Foundation's are told by their names: this
/// module does without Foundation.
enum ForeignType {
    /// Codes itself.
    case none
    /// A moment: codes itself as seconds since the beginning of 2001.
    case date
    /// A decimal: codes itself as the parts of its memory.
    case decimal
    /// Codes itself as a structure with a text.
    case url
    /// A UUID of this library.
    case clickHouseUUID

    init(_ type: any Any.Type) {
        if type == ClickHouseUUID.self {
            self = .clickHouseUUID
            return
        }
        switch String(reflecting: type) {
        case "Foundation.Date", "FoundationEssentials.Date": self = .date
        case "Foundation.Decimal", "FoundationEssentials.Decimal", "__C.NSDecimal": self = .decimal
        case "Foundation.URL", "FoundationEssentials.URL": self = .url
        default: self = .none
        }
    }

    /// From 1970 to the beginning of 2001, where Foundation's time begins: seconds.
    static let referenceSeconds: Int64 = 978_307_200
}

/// The places of named things, such as a row's columns. Programs ask for them in the same order row after row: the one that
/// followed last time is tried before anything is looked up.
final class FieldPlaces {
    let names: [String]
    private let places: [String: Int]
    private var following: [Int]
    private var last = 0

    init(_ names: [String]) {
        self.names = names
        places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        following = Array(0...names.count)
    }

    /// Where the thing of the name stands; nil where there is none.
    func place(of name: String) -> Int? {
        let guess = following[last]
        if guess < names.count, names[guess] == name {
            last = guess + 1
            return guess
        }
        guard let place = places[name] else { return nil }
        following[last] = place
        last = place + 1
        return place
    }

    /// Starts anew with a row's first.
    func rewind() { last = 0 }
}
