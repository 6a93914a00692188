/// How the records of a batch are compressed: the lowest three bits of its attributes.
public struct CompressionType: RawRepresentable, Hashable, Sendable {
    /// Kafka's number.
    public let rawValue: UInt8

    /// The compression of that number, known or not.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Not compressed.
    public static let none = CompressionType(rawValue: 0)
    /// Gzip.
    public static let gzip = CompressionType(rawValue: 1)
    /// Snappy, in the frames of the Java library (snappy-java), as Kafka wants it.
    public static let snappy = CompressionType(rawValue: 2)
    /// LZ4's frame format.
    public static let lz4 = CompressionType(rawValue: 3)
    /// Zstandard.
    public static let zstd = CompressionType(rawValue: 4)

    /// All that Kafka knows.
    public static let all: [CompressionType] = [.none, .gzip, .snappy, .lz4, .zstd]

    private static let names = ["none", "gzip", "snappy", "lz4", "zstd"]

    /// The compression of that name in Kafka's settings; nil where there is none.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(index))
    }

    /// The name in Kafka's settings.
    public var name: String {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "compression \(rawValue)"
    }
}

extension CompressionType: CustomStringConvertible {
    /// The name in Kafka's settings.
    public var description: String { name }
}
