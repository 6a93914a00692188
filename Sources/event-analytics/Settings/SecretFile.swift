import EventAPI
import Glibc

/// Files that hold what is not to stand in the environment.
enum SecretFile {
    /// No secret is longer, in bytes; nor is a list of keys.
    private static let limit = 1 << 20

    /// What the file holds.
    ///
    /// - Throws: `SettingError` that names the variable, and never what is in the file.
    static func text(of path: String, for variable: String) throws(SettingError) -> String {
        guard let file = fopen(path, "re") else {
            throw SettingError(
                variable, "names a file that cannot be read: \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw SettingError(
                variable, "names a file that cannot be read: \(path): \(String(cString: strerror(errno)))")
        }
        guard count <= limit else { throw SettingError(variable, "names a file of more than a mebibyte: \(path)") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self), !text.utf8.contains(0) else {
            throw SettingError(variable, "names a file that is no text: \(path)")
        }
        return text
    }
}

extension Settings {
    /// The keys that the API lets in; nil for everybody.
    static func keys(_ environment: Environment) throws(SettingError) -> APIKeys? {
        if let path = environment["API_KEYS_FILE"] {
            guard environment["API_KEYS"] == nil else {
                throw SettingError("API_KEYS and API_KEYS_FILE", "are both set: set one of them")
            }
            return try keys(in: path)
        }
        guard let text = environment["API_KEYS"] else { return nil }
        return try keys(text, of: "API_KEYS")
    }

    /// The keys in a file.
    static func keys(in path: String) throws(SettingError) -> APIKeys {
        try keys(try SecretFile.text(of: path, for: "API_KEYS_FILE"), of: "API_KEYS_FILE")
    }

    private static func keys(_ text: String, of variable: String) throws(SettingError) -> APIKeys {
        do throws(APIKeyError) { return try APIKeys(text) } catch {
            throw SettingError(variable, "cannot be used: \(error)")
        }
    }
}
