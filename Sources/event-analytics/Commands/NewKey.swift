import EventAPI

/// `keys new`: a key, and what is to be known of it.
enum NewKey {
    /// Prints a new key and its entry.
    ///
    /// - Throws: `UsageError` for what cannot be understood.
    static func show(_ arguments: Arguments) throws(UsageError) {
        guard arguments.operands.count == 2 else { throw UsageError("say which: keys new NAME --scopes write+read") }
        let key = random()
        do throws(APIKeyError) {
            let scopes = try APIKeys.Key.scopes(arguments.options["--scopes"] ?? "write+read")
            let entry = try APIKeys.Key(name: arguments.operands[1], scopes: scopes, key: key)
            Console.say(
                """
                The key, which is shown this once:
                \(key)

                Its entry for API_KEYS, or a line for the file of API_KEYS_FILE:
                \(entry.entry)
                """)
        } catch {
            throw UsageError(error.description)
        }
    }

    /// A prefix by which scanners for secrets know it, and 256 random bits, from the system.
    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        return "ea_" + String((0..<43).map { _ in digits[Int(generator.next() >> 58)] })
    }
}
