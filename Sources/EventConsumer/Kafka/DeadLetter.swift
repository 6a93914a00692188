import Bytes
import KafkaClient
import KafkaProtocol

/// A message that can never be applied, or records that cannot even be read.
struct DeadLetter {
    var key: ByteSlice?
    /// The message's value; of records that cannot be read, the whole record batch.
    var value: ByteSlice?
    var headers: [RecordHeader]
    var partition: Int32
    var offset: Int64
    var reason: String

    /// A message.
    init(_ record: Record, partition: Int32, reason: String) {
        key = record.key
        value = record.value
        headers = Array(record.headers)
        self.partition = partition
        offset = record.offset
        self.reason = reason
    }

    /// Records that cannot be read.
    init(_ records: UnreadableRecords, partition: Int32) {
        value = records.bytes
        headers = [RecordHeader("dlq.next_offset", ByteSlice(utf8: "\(records.nextOffset)"))]
        self.partition = partition
        offset = records.offset
        reason = "records that cannot be read: \(records.reason)"
    }

    /// About how many bytes it takes as a record.
    var byteCount: Int { (key?.count ?? 0) + (value?.count ?? 0) + headerBytes }

    private var headerBytes: Int { headers.reduce(0) { $0 + $1.key.utf8.count + ($1.value?.count ?? 0) } }

    /// How a letter is put aside: whole, or cut until its topic takes it.
    enum Cut: Int, CaseIterable {
        /// As it was.
        case whole
        /// What a topic with Kafka's default settings takes, whose limit is about a mebibyte.
        case large
        /// What the strictest of topics takes that is of any use.
        case small
        /// Its place and the reason alone.
        case placeAlone

        /// How many bytes of key, value and headers are kept; headers are left out as a whole.
        var limits: (key: Int, value: Int, headers: Int) {
            switch self {
            case .whole: (.max, .max, .max)
            case .large: (65_536, 524_288, 65_536)
            case .small: (1024, 16_384, 4096)
            case .placeAlone: (0, 0, 0)
            }
        }

        /// The next one to try where a letter was found too large.
        var next: Cut? { Cut(rawValue: rawValue + 1) }
    }

    /// Larger letters are never put aside whole: they would have to be in memory several times.
    static let wholeLimit = 24 << 20

    /// How to put it aside first.
    var firstCut: Cut { byteCount <= Self.wholeLimit ? .whole : .large }

    /// The record that is put aside: reason and place as headers behind its own, and how large it was where it is cut.
    func record(_ cut: Cut, topic: String) -> (key: ByteSlice?, value: ByteSlice?, headers: [RecordHeader]) {
        let limits = cut.limits
        func kept(_ bytes: ByteSlice?, _ limit: Int) -> ByteSlice? { bytes.map { $0.prefix(min($0.count, limit)) } }
        let (key, value) = (kept(key, limits.key), kept(value, limits.value))
        let keepsHeaders = headerBytes <= limits.headers
        var all = keepsHeaders ? headers : []
        all.append(RecordHeader("dlq.reason", ByteSlice(utf8: reason)))
        all.append(RecordHeader("dlq.topic", ByteSlice(utf8: topic)))
        all.append(RecordHeader("dlq.partition", ByteSlice(utf8: "\(partition)")))
        all.append(RecordHeader("dlq.offset", ByteSlice(utf8: "\(offset)")))
        let isWhole = keepsHeaders && key?.count == self.key?.count && value?.count == self.value?.count
        if !isWhole {
            all.append(RecordHeader("dlq.cut", ByteSlice(utf8: "too large to be put aside whole")))
            all.append(RecordHeader("dlq.key_size", ByteSlice(utf8: "\(self.key?.count ?? 0)")))
            all.append(RecordHeader("dlq.value_size", ByteSlice(utf8: "\(self.value?.count ?? 0)")))
            all.append(RecordHeader("dlq.headers_size", ByteSlice(utf8: "\(headerBytes)")))
        }
        return (key, value, all)
    }
}
