import ClickHouseProtocol

/// Decimals as text, exactly: whole numbers of ticks, each 10 to the minus `scale`.
enum DecimalText {
    /// The ticks that a text such as `-1.10` or `5e-3` stands for; nil where it is no number, or no whole number of ticks.
    static func ticks(_ text: String, scale: Int) -> Int256? {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        var digits: [UInt8] = []
        var exponent = 0
        var hasPoint = false
        var hasDigits = false
        while let byte = bytes.first {
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                hasDigits = true
                if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
                if hasPoint { exponent -= 1 }
            } else {
                break
            }
            bytes.removeFirst()
        }
        guard hasDigits else { return nil }
        if let mark = bytes.first {
            guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E"), bytes.count <= 6,
                let power = Int(String(decoding: bytes.dropFirst(), as: UTF8.self))
            else { return nil }
            exponent += power
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return Int256(0) }
        // 77 digits are the most that 256 bits hold.
        let zeros = exponent + scale
        guard zeros >= 0, digits.count + zeros <= 77 else { return nil }
        var magnitude = UInt256(low: 0)
        for digit in digits { guard magnitude.append(digit: digit) else { return nil } }
        for _ in 0..<zeros { guard magnitude.append(digit: 0) else { return nil } }
        return Int256(isNegative: isNegative, magnitude: magnitude)
    }

    /// The text of ticks, with all digits behind the point: `1.10`.
    static func text(_ ticks: Int256, scale: Int) -> String {
        guard scale > 0 else { return ticks.description }
        var digits = ticks.magnitude.description
        if digits.utf8.count <= scale {
            digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
        }
        let point = digits.index(digits.endIndex, offsetBy: -scale)
        return "\(ticks.high < 0 ? "-" : "")\(digits[..<point]).\(digits[point...])"
    }
}
