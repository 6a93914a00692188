import Bytes

extension ByteWriter {
    /// Writes a JSON string; control characters of all kinds are escaped, since terminals act on them.
    mutating func writeQuoted(_ text: String) {
        writeByte(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": write(literal: "\\\"")
            case "\\": write(literal: "\\\\")
            case "\n": write(literal: "\\n")
            case "\r": write(literal: "\\r")
            case "\t": write(literal: "\\t")
            case _ where scalar.properties.generalCategory == .control:
                // All of them are below U+00A0.
                write(literal: "\\u00")
                writeHexadecimal(UInt64(scalar.value), digits: 2)
            default: write(String(scalar))
            }
        }
        writeByte(UInt8(ascii: "\""))
    }
}

extension String {
    /// The text on one line, whatever it holds: control characters become spaces.
    var onOneLine: String {
        String(
            String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
