import Glibc

/// The system's files of time zones (RFC 8536).
enum ZoneFile {
    private static let folder = "/usr/share/zoneinfo/"
    private static let mostBytes = 65_536

    /// A file's bytes; nil where there is none. It is small and in the system's cache once it was read.
    static func read(_ name: String) -> [UInt8]? {
        let descriptor = open(folder + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: mostBytes)
        var count = 0
        while count < mostBytes {
            let got = bytes.withUnsafeMutableBytes { bytes in
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
                return Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            count += got
        }
        return Array(bytes[..<count])
    }

    /// The changes that a file tells, and those of its rule until 2300; nil where it is none that can be read.
    static func decode(_ bytes: [UInt8]) -> LocalTime? {
        guard let old = Header(bytes, at: 0), old.version >= UInt8(ascii: "2") else { return nil }
        guard let header = Header(bytes, at: old.end(timeSize: 4)) else { return nil }
        let times = header.start
        let kinds = times + header.times * 8
        let types = kinds + header.times
        let end = header.end(timeSize: 8)
        guard end <= bytes.count, header.types > 0 else { return nil }
        func offset(_ type: Int) -> Int? {
            guard type < header.types else { return nil }
            return Int(Int32(truncatingIfNeeded: number(bytes, types + type * 6, 4)))
        }
        var changes: [Int64] = []
        guard let first = offset(0) else { return nil }
        var offsets = [first]
        for index in 0..<header.times {
            guard let offset = offset(Int(bytes[kinds + index])) else { return nil }
            append(number(bytes, times + index * 8, 8), offset, &changes, &offsets)
        }
        // The rule that holds behind the last change stands between two line ends.
        guard end < bytes.count, bytes[end] == 0x0a else { return nil }
        let rule = bytes[(end + 1)...].prefix { $0 != 0x0a }
        if !rule.isEmpty {
            guard let rule = ZoneRule(String(decoding: rule, as: UTF8.self)) else { return nil }
            let last = changes.last ?? .min
            if changes.isEmpty { offsets = [rule.standard] }
            for (time, offset) in rule.changes(years: 1970...2300) where time > last {
                append(time, offset, &changes, &offsets)
            }
        }
        return LocalTime(changes: changes, offsets: offsets)
    }

    /// Changes of the name or of daylight saving alone change no clock.
    private static func append(_ time: Int64, _ offset: Int, _ changes: inout [Int64], _ offsets: inout [Int]) {
        guard offset != offsets[offsets.count - 1], time > changes.last ?? .min else { return }
        changes.append(time)
        offsets.append(offset)
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ size: Int) -> Int64 {
        var value: UInt64 = 0
        for index in start..<(start + size) { value = value << 8 | UInt64(bytes[index]) }
        return Int64(bitPattern: value)
    }

    private struct Header {
        let version: UInt8
        let start: Int
        let times, types, letters, leaps, standards, universals: Int

        init?(_ bytes: [UInt8], at offset: Int) {
            guard offset + 44 <= bytes.count, Array(bytes[offset..<(offset + 4)]) == Array("TZif".utf8) else {
                return nil
            }
            version = bytes[offset + 4]
            start = offset + 44
            func count(_ index: Int) -> Int { Int(number(bytes, offset + 20 + index * 4, 4)) }
            (universals, standards, leaps) = (count(0), count(1), count(2))
            (times, types, letters) = (count(3), count(4), count(5))
            guard [universals, standards, leaps, times, types, letters].allSatisfy({ $0 <= mostBytes }) else {
                return nil
            }
        }

        func end(timeSize: Int) -> Int {
            start + times * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + standards + universals
        }
    }
}
