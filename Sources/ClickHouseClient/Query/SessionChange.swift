/// Whether a statement changes the session that it runs in: settings, the database, a temporary table, a transaction. What a
/// borrower has changed ends with the borrowing: the next one gets another connection.
enum SessionChange {
    static func isMade(by text: String) -> Bool {
        guard let word = RequestFate.firstWord(text[...]) else { return false }
        switch word.uppercased() {
        case "SET", "USE", "BEGIN", "START": return true
        case "CREATE":
            // CREATE OR REPLACE TEMPORARY TABLE
            let words = word.base[word.startIndex...].split(maxSplits: 4) { !$0.isLetter }
            let kind = words.drop { ["CREATE", "OR", "REPLACE"].contains($0.uppercased()) }.first
            return ["TEMPORARY", "TEMP"].contains(kind?.uppercased())
        default: return false
        }
    }
}
