import Testing

@testable import ClickHouseClient

@Suite("What changes a session")
struct SessionChangeTests {
    @Test(
        "Settings, databases, transactions and temporary tables do",
        arguments: [
            "SET max_threads = 1", "  set x = 1", "/* a */ SET ROLE r", "-- a\nUSE other", "BEGIN TRANSACTION",
            "START TRANSACTION", "CREATE TEMPORARY TABLE t (n UInt8)",
            "create\n temporary table if not exists t (n UInt8)",
            "CREATE OR REPLACE TEMPORARY TABLE t (n UInt8)",
        ])
    func changes(text: String) { #expect(SessionChange.isMade(by: text)) }

    @Test(
        "Nothing else does",
        arguments: [
            "", "SELECT 1", "SELECT 'SET x'", "WITH 1 AS x SELECT x", "CREATE TABLE t (temporary UInt8)",
            "ALTER TABLE t",
            "CREATE DATABASE IF NOT EXISTS temporary", "INSERT INTO t SELECT 1", "SYSTEM FLUSH LOGS", "1", "(SELECT 1)",
        ])
    func doesNot(text: String) { #expect(!SessionChange.isMade(by: text)) }
}
