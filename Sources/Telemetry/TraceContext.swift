import Bytes

/// Which trace a piece of work belongs to, as W3C's Trace Context (level 1) passes it on in the header `traceparent`.
///
/// An adapter for swift-distributed-tracing is this, in the adopter's own `Instrument`:
///
///     enum TraceKey: ServiceContextKey { typealias Value = TraceContext }
///
///     func extract<Carrier, Extract: Extractor>(
///         _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
///     ) where Extract.Carrier == Carrier {
///         context[TraceKey.self] = extractor.extract(key: "traceparent", from: carrier).flatMap(TraceContext.init)
///     }
///     func inject<Carrier, Inject: Injector>(
///         _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
///     ) where Inject.Carrier == Carrier {
///         guard let trace = context[TraceKey.self]?.child() else { return }
///         injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
///     }
public struct TraceContext: Sendable, Hashable {
    /// The trace: 16 bytes, not all zero.
    public var traceID: (high: UInt64, low: UInt64)
    /// The caller's span: 8 bytes, not all zero.
    public var spanID: UInt64
    /// The flags' byte; bit 0 says that the caller records the trace.
    public var flags: UInt8

    /// Whether the caller records the trace.
    public var isSampled: Bool { flags & 1 != 0 }

    /// A trace that begins here.
    public init(isSampled: Bool = false) {
        traceID = (UInt64.random(in: 1 ... .max), UInt64.random(in: 0 ... .max))
        spanID = UInt64.random(in: 1 ... .max)
        flags = isSampled ? 1 : 0
    }

    /// Reads `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`; nil where it is not that. Later versions may have
    /// more behind it.
    public init?(traceparent text: String) {
        let bytes = Array(text.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.hex(bytes[0..<2]), version != 0xFF,
            let high = Self.hex(bytes[3..<19]), let low = Self.hex(bytes[19..<35]),
            let span = Self.hex(bytes[36..<52]), let flags = Self.hex(bytes[53..<55])
        else { return nil }
        guard high | low != 0, span != 0 else { return nil }
        guard bytes.count == 55 || (version > 0 && bytes[55] == dash) else { return nil }
        traceID = (high, low)
        spanID = span
        // Version 0 knows one flag alone; what a later one means by others must not be passed on as if it were 0's.
        self.flags = UInt8(truncatingIfNeeded: flags) & 1
    }

    /// The trace's id alone, in 32 hexadecimal digits: for logs.
    public var traceText: String { Self.text(traceID.high, 16) + Self.text(traceID.low, 16) }

    /// The header's value.
    public var traceparent: String {
        "00-\(traceText)-\(Self.text(spanID, 16))-"
            + Self.text(UInt64(flags), 2)
    }

    /// The same trace with a new span, for what this work calls.
    public func child() -> TraceContext {
        var child = self
        child.spanID = UInt64.random(in: 1 ... .max)
        return child
    }

    /// Lower case alone, as the standard has it.
    private static func hex(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard let bits = digit.hexadecimalValue, digit | 0x20 == digit else { return nil }
            value = value << 4 | UInt64(bits)
        }
        return value
    }

    private static func text(_ value: UInt64, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }

    /// Whether both are the same span of the same trace, with the same flags.
    public static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.traceID == right.traceID && left.spanID == right.spanID && left.flags == right.flags
    }

    /// Feeds the ids into the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(traceID.high)
        hasher.combine(traceID.low)
        hasher.combine(spanID)
        hasher.combine(flags)
    }
}
