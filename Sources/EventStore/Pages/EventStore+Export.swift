public import Bytes
import ClickHouseClient
import Events
import Transport

/// What is to be exported, window by window of time, oldest first.
public struct EventExport: Sendable {
    let filter: EventFilter
    let format: ExportFormat
    let windows: [Range<Timestamp>]
}

extension EventStore {
    /// Finds out how to export the events that a filter picks.
    ///
    /// - Throws: `EventStoreError`; `.busy` also where too many others read slowly.
    public func export(
        _ filter: EventFilter, as format: ExportFormat
    ) async throws(EventStoreError) -> EventExport {
        try checkStreams()
        let planned = PageQuery.days(filter)
        let days = try await pairs(read(planned.text, planned.parameters)).map { (day: $0, rows: $1) }
        return EventExport(
            filter: filter, format: format, windows: TimeWindows.oldestFirst(days, rows: Self.exportWindow))
    }

    /// Exports events, piece by piece; `body` may take its time. Each window is a query of its own, which ends before
    /// ClickHouse loses its patience with a slow reader, and sorts no more than it has to.
    ///
    /// - Parameter body: Takes a piece; the next one is read when it returns true, none where it returns false.
    /// - Throws: `EventStoreError`; `.busy` also where too many others read slowly.
    public func export(
        _ export: EventExport, _ body: (ByteSlice) async throws -> Bool
    ) async throws(EventStoreError) {
        try await streaming { () async throws(EventStoreError) in
            var writer = ByteWriter(capacity: 4096)
            export.format.writeHead(into: &writer)
            let head = writer.finish()
            guard try await asking({ try await body(head) }) else { return }
            for window in export.windows {
                guard try await self.export(export, window, body) else { return }
            }
        }
    }

    /// About how many rows a window has: the least that a day has, at least.
    private static let exportWindow: UInt64 = 50_000

    private func export(
        _ export: EventExport, _ window: Range<Timestamp>, _ body: (ByteSlice) async throws -> Bool
    ) async throws(EventStoreError) -> Bool {
        let planned = PageQuery.export(export.filter, window: window)
        return try await asking {
            try await streaming.query(stream(planned.text, planned.parameters)) { result in
                var writer = ByteWriter(capacity: 65_536)
                while let block = try await result.next() {
                    let events = try EventBlock(block)
                    for row in 0..<events.count {
                        export.format.write(row, of: events, into: &writer)
                        if writer.count >= 65_536 {
                            guard try await body(writer.take(capacity: 65_536)) else { return false }
                        }
                    }
                }
                return writer.count == 0 ? true : try await body(writer.finish())
            }
        }
    }
}
