import Basics
import Foundation
import Ledger
import Store

/// Grows one set of books and measures them at each size.
struct LedgerGrowth: Sendable {
    let load: LedgerLoad
    let engine: KontorTransfers
    /// Before the first journal.
    let begin: Instant

    /// What the books do at one size. Reads are medians in microseconds.
    struct Step: Codable, Sendable {
        let journals: Int
        let transfersPerSecond: Double
        let p99Microseconds: Double
        let bytesPerTransfer: Double
        let balanceMicroseconds: Double
        let pastBalanceMicroseconds: Double
        let pageMicroseconds: Double
        let auditSeconds: Double
        let audit: String
    }

    struct Report: Codable, Sendable {
        let conditions: BenchConditions
        let plan: LedgerPlan
        let steps: [Step]
    }

    /// - Parameter have: how many journals there are already.
    func step(_ size: Int, have: Int) async throws -> Step {
        try await load.fill(max(0, size - have), seed: size)
        let start = ContinuousClock.now
        let yield = try await load.ask(for: load.seconds, seed: 3 * size)
        let elapsed = (ContinuousClock.now - start).inSeconds
        let bytes = try await load.store.bytesOnDisk()
        let times = begin...max(begin, load.store.clock.now)
        let balance = try await median { try await engine.readBalance(&$0) }
        let past = try await median { try await engine.readBalance(&$0, within: times) }
        let page = try await median { try await engine.readPage(&$0) }
        let auditStart = ContinuousClock.now
        let audit = try await load.store.read { try LedgerAudit.run($0) }
        return Step(
            journals: audit.journals, transfersPerSecond: Double(yield.transfers) / elapsed,
            p99Microseconds: yield.latencies.microseconds(atShare: 0.99),
            bytesPerTransfer: Double(bytes) / Double(max(1, audit.transfers)),
            balanceMicroseconds: balance, pastBalanceMicroseconds: past, pageMicroseconds: page,
            auditSeconds: (ContinuousClock.now - auditStart).inSeconds,
            audit: audit.fault.map { "\($0)" } ?? "clean")
    }

    private func median(_ read: (inout BenchRandom) async throws -> Void) async throws -> Double {
        var random = BenchRandom(seed: 7)
        var times = LatencyHistogram()
        for _ in 0..<500 {
            let start = ContinuousClock.now
            try await read(&random)
            times.record(nanoseconds: (ContinuousClock.now - start).wholeNanoseconds)
        }
        return times.microseconds(atShare: 0.5)
    }
}

extension LedgerGrowth.Step {
    private static let columns = [
        "journals", "per s", "p99 ms", "bytes", "balance µs", "past µs", "page µs", "audit s",
    ]

    static var heading: String { row(columns) }

    var line: String {
        Self.row([
            "\(journals)", digits(transfersPerSecond), digits(p99Microseconds / 1_000, 1),
            digits(bytesPerTransfer), digits(balanceMicroseconds, 1),
            digits(pastBalanceMicroseconds, 1), digits(pageMicroseconds, 1),
            digits(auditSeconds, 2) + (audit == "clean" ? "" : " \(audit)"),
        ])
    }

    private static func row(_ cells: [String]) -> String {
        cells.map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }.joined()
    }
}

extension LedgerGrowth.Report {
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension KontorTransfers {
    func readBalance(_ random: inout BenchRandom) async throws {
        let account = anyAccount(&random)
        _ = try await database.read { try $0.balance(of: account) }
    }

    func readBalance(_ random: inout BenchRandom, within times: ClosedRange<Instant>) async throws {
        let account = anyAccount(&random)
        let moment = Instant(
            microseconds: Int64.random(
                in: times.lowerBound.microseconds...times.upperBound.microseconds, using: &random))
        _ = try await database.read { try $0.balance(of: account, asOf: moment) }
    }

    func readPage(_ random: inout BenchRandom) async throws {
        let account = anyAccount(&random)
        _ = try await database.read { try $0.entries(of: account, PageRequest(limit: 20)) }
    }
}
