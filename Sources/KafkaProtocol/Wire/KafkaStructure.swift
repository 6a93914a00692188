import Bytes

/// A group of fields: a message, or what stands in a message's lists.
///
/// It says once which fields it has, in which versions, and `FieldCoder` reads or writes them:
///
///     public mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError) {
///         try f.field(&name, through: 12)          // in versions 0 to 12
///         try f.field(&topicID, since: 13)         // from version 13 on
///         try f.field(&rack, nullable: 2)          // an optional that may be nil from version 2 on
///         try f.tagged(0, &endpoints, since: 16)   // a tagged field (KIP-482), written where it has a value
///     }
///
/// A field that the version lacks keeps its default when read, and is left out when written.
public protocol KafkaStructure: NullableWireValue {
    /// Makes a structure with every field at its default.
    init()

    /// Reads or writes the fields, in the order in which they stand on the wire; tagged ones last, by number.
    mutating func fields(_ f: inout FieldCoder) throws(KafkaProtocolError)
}

// A module with hundreds of structures would take minutes to compile if these were made anew for each of them; kept
// generic they cost some nanoseconds a structure, while single fields are read and written by code made for their type.
extension KafkaStructure {
    /// Makes a structure with the fields that `configure` sets, the others at their defaults.
    public init(_ configure: (inout Self) -> Void) {
        self.init()
        configure(&self)
    }

    /// Reads the fields.
    @_semantics("optimize.sil.specialize.generic.never")
    public static func read(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> Self {
        var value = Self()
        try coder.structure(&value)
        return value
    }

    /// Writes the fields.
    @_semantics("optimize.sil.specialize.generic.never")
    public func write(_ coder: inout FieldCoder) throws(KafkaProtocolError) {
        var value = self
        try coder.structure(&value)
    }

    /// Reads a byte, which is negative for none, and then the fields.
    @_semantics("optimize.sil.specialize.generic.never")
    public static func readNullable(_ coder: inout FieldCoder) throws(KafkaProtocolError) -> Self? {
        if try coder.readInteger(Int8.self) < 0 { return nil }
        return try read(&coder)
    }

    /// Writes the byte for none.
    @_semantics("optimize.sil.specialize.generic.never")
    public static func writeNull(_ coder: inout FieldCoder) { coder.writer.writeBigEndian(-1 as Int8) }
}
