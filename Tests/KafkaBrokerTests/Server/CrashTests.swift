import Bytes
import Foundation
import KafkaProtocol
import Testing
import Transport

@testable import KafkaBroker

/// A broker in a process of its own, which can be killed.
final class BrokerProcess {
    private let process = Process()
    let endpoint: Endpoint

    /// Where the runner was built: beside the tests.
    private static var runner: URL {
        Bundle(for: BrokerProcess.self).bundleURL.appendingPathComponent("broker-runner")
    }

    init(folder: String, port: Int = 0) throws {
        process.executableURL = Self.runner
        process.arguments = [folder, String(port)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // The first line says where it listens.
        var line = Data()
        while !line.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BrokerError(.storage, "the broker's process did not start") }
            line += more
        }
        endpoint = try Endpoint.parse(String(decoding: line.dropLast(), as: UTF8.self))
    }

    deinit { kill() }

    /// SIGKILL, as by the kernel when memory runs out.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM, and the exit's status.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite(.timeLimit(.minutes(3))) struct CrashTests {
    /// Produces with a sequence until the broker is killed in the middle, and goes on with the next one where an
    /// idempotent producer would: with the batch that was not acknowledged.
    @Test func killedInTheMiddleOfProducingNothingAcknowledgedIsLostAndNothingIsThereTwice() async throws {
        let folder = try TemporaryFolder()
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        try await loop.run {
            var sequence: Int32 = 0
            for round in 0..<4 {
                let process = try BrokerProcess(folder: folder.path)
                let client = try await WireClient.connect(to: process.endpoint, on: loop)
                if round == 0 { _ = try await client.createTopic("t") }
                // Some are sent ahead without waiting, and the process dies among them.
                let killAfter = sequence + 60
                while sequence < killAfter {
                    let ahead = (0..<5).map { sequence + $0 }
                    for next in ahead {
                        let bytes = try batch(["\(next)"], producer: ProducerState(id: 11, epoch: 0, sequence: next))
                        try await client.send(WireClient.produce("t", bytes), version: 9, id: next)
                    }
                    if sequence + 5 >= killAfter { break }
                    for next in ahead {
                        let response = try await client.receive(ProduceResponse.self, version: 9, id: next)
                        let result = response.responses[0].partitionResponses[0]
                        #expect(result.errorCode == .none)
                        #expect(result.baseOffset == Int64(next))
                        sequence = next + 1
                    }
                }
                // Of the last five none, some or all may be in the log: all are sent again.
                process.kill()
                client.stream.close()
            }
            let process = try BrokerProcess(folder: folder.path)
            let client = try await WireClient.connect(to: process.endpoint, on: loop)
            for next in sequence..<(sequence + 5) {
                let bytes = try batch(["\(next)"], producer: ProducerState(id: 11, epoch: 0, sequence: next))
                #expect(try await client.produce("t", bytes).baseOffset == Int64(next))
            }
            let found = try values(try await client.fetch("t", from: 0).records ?? .empty)
            #expect(found == (0..<(sequence + 5)).map { String($0) })
            #expect(process.stop() == 0)
        }
        await group.shutdown()
    }

    @Test func anOrderlyEndLeavesNothingToRecover() async throws {
        let folder = try TemporaryFolder()
        let group = try EventLoopGroup(loops: 1)
        let loop = group.loops[0]
        try await loop.run {
            let process = try BrokerProcess(folder: folder.path)
            let client = try await WireClient.connect(to: process.endpoint, on: loop)
            _ = try await client.createTopic("t")
            for index in 0..<20 { _ = try await client.produce("t", try batch(["\(index)"])) }
            #expect(process.stop() == 0)
            let topic = try #require(try Folder.names(in: "\(folder.path)/topics").first)
            let recovered = try RecoveredLog.open("\(folder.path)/topics/\(topic)/0", now: 0)
            #expect(recovered.endOffset == 20)
            #expect(recovered.scannedBytes == 0)
        }
        await group.shutdown()
    }
}
