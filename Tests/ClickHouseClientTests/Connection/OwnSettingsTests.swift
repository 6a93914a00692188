import ClickHouseProtocol
import Testing

@testable import ClickHouseClient

@Suite("The settings that the client adds on its own account")
struct OwnSettingsTests {
    private func settings(
        _ compression: ClickHouseConfiguration.Compression, _ server: [Setting] = [], revision: Revision = .newest
    ) -> OwnSettings {
        var hello = ServerHello()
        hello.settings = server
        return OwnSettings(compression, server: hello, revision: revision)
    }

    private func names(_ settings: OwnSettings, isInsert: Bool = false) -> [String] {
        (isInsert ? settings.insert : settings.query).map { "\($0.name)=\($0.value)" }
    }

    @Test("The server is asked for the method of the client's choice, and an insert's outcome is waited for")
    func all() {
        #expect(names(settings(.none)) == [])
        #expect(names(settings(.lz4)) == ["network_compression_method=LZ4"])
        #expect(names(settings(.lz4hc)) == ["network_compression_method=LZ4"])
        #expect(names(settings(.zstd), isInsert: true) == ["network_compression_method=ZSTD", "async_insert=0"])
    }

    @Test("Nothing is added where the server says that the user may change nothing")
    func refused() {
        #expect(names(settings(.lz4, [Setting("readonly", "1")]), isInsert: true) == [])
        #expect(names(settings(.lz4, [Setting("readonly", "2")])) == ["network_compression_method=LZ4"])
    }

    @Test("A method that the server's operator has chosen is left")
    func chosen() {
        let server = [Setting("network_compression_method", "ZSTD")]
        #expect(names(settings(.lz4, server), isInsert: true) == ["async_insert=0"])
    }

    @Test("A server that does not tell of its settings packs with LZ4 unasked, and an old one has no such settings")
    func older() {
        #expect(names(settings(.lz4, revision: .clickHouse243), isInsert: true) == ["async_insert=0"])
        #expect(names(settings(.lz4, revision: .oldest), isInsert: true) == [])
    }
}
