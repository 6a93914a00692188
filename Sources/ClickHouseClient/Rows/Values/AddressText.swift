/// IP addresses as text.
enum AddressText {
    /// The number of `192.168.1.10`: the first part is the most significant; nil where the text is no address.
    static func ipv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let byte = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    static func text(ipv4 value: UInt32) -> String {
        "\(value >> 24).\(value >> 16 & 0xff).\(value >> 8 & 0xff).\(value & 0xff)"
    }

    /// The 16 bytes of `2001:db8::1` or `::ffff:1.2.3.4`; nil where the text is no address.
    static func ipv6(_ text: String) -> [UInt8]? {
        var halves: [[UInt16]] = [[]]
        var rest = text[...]
        if rest.hasPrefix("::") {
            rest = rest.dropFirst(2)
            halves.append([])
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != ":" }
            if part.contains(".") {
                guard part.endIndex == rest.endIndex, let last = ipv4(part) else { return nil }
                halves[halves.count - 1] += [UInt16(last >> 16), UInt16(last & 0xffff)]
                break
            }
            guard part.utf8.count <= 4, part.utf8.first != UInt8(ascii: "+"), let group = UInt16(part, radix: 16)
            else { return nil }
            halves[halves.count - 1].append(group)
            rest = rest[part.endIndex...]
            if rest.hasPrefix("::") {
                guard halves.count == 1 else { return nil }
                halves.append([])
                rest = rest.dropFirst(2)
            } else if rest.first == ":" {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        let given = halves.reduce(0) { $0 + $1.count }
        guard halves.count == 1 ? given == 8 : given < 8 else { return nil }
        let groups = halves[0] + Array(repeating: 0, count: 8 - given) + (halves.count > 1 ? halves[1] : [])
        return groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    /// The shortest form, as RFC 5952 has it: the longest run of zeros is left away.
    static func text(ipv6 bytes: [UInt8]) -> String {
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        func joined(_ groups: ArraySlice<UInt16>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest == 0..<5, groups[5] == 0xffff {
            return "::ffff:" + text(ipv4: UInt32(groups[6]) << 16 | UInt32(groups[7]))
        }
        guard !longest.isEmpty else { return joined(groups[...]) }
        return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
}
