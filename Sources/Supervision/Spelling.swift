/// Guesses what a word was meant to be.
public enum Spelling {
    /// The known word that is meant by one that is mistyped: the nearest, where it is near enough and no other is as near.
    ///
    /// One letter may be wrong, missing, too many, or have changed places with its neighbour; two in words of eight letters
    /// and more.
    public static func meant(by word: String, among known: some Sequence<String>) -> String? {
        let letters = Array(word)
        var nearest: (word: String, distance: Int)?
        var isAlone = true
        for candidate in known {
            let other = Array(candidate)
            // Nothing that is much longer is near: so nobody's megabyte is compared letter by letter.
            guard abs(other.count - letters.count) <= 2 else { continue }
            let distance = distance(letters, other)
            guard distance > 0, distance <= (min(letters.count, other.count) >= 8 ? 2 : 1) else { continue }
            if let nearest, nearest.distance <= distance {
                if nearest.distance == distance, nearest.word != candidate { isAlone = false }
                continue
            }
            nearest = (candidate, distance)
            isAlone = true
        }
        return isAlone ? nearest?.word : nil
    }

    /// How many letters to change, add, take away or swap with their neighbours (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var least = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    least = min(least, before[column - 2] + 1)
                }
                current.append(least)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
