import Basics
import Foundation
import Money
import Store
import Synchronization
import TestKit
import Testing

@testable import Ledger

/// A scripted day of a ledger on a disk that breaks at its first, second, … last operation: what was
/// acknowledged is there once, what was not is settled by asking again, and the books hold.
@Suite struct `A disk that breaks` {
    @Test(arguments: FaultyDisk.Fault.allCases)
    func `ledger case 23: every operation of the disk fails once`(_ fault: FaultyDisk.Fault)
        async throws
    {
        let place = try await TestPlace.make(.sqlite, migrations: ledgerMigrations)
        let whole = try await Day(place, fault).run(breakAt: nil)
        #expect(whole > 400, "the day is too short to mean something: \(whole)")
        for number in 1...whole {
            _ = try await Day(place, fault).run(breakAt: number)
        }
        try await place.remove()
    }
}

/// One run of the script.
private struct Day {
    private static let steps = 52
    private static let together = 8

    let fault: FaultyDisk.Fault
    let path: String

    init(_ place: TestPlace, _ fault: FaultyDisk.Fault) throws {
        self.fault = fault
        path = place.location + "-\(fault)-\(UUID().uuidString).db"
        try FileManager.default.copyItem(atPath: place.location, toPath: path)
    }

    /// - Returns: how many operations the disk was asked for.
    func run(breakAt number: Int?) async throws -> Int {
        let disk = FaultyDisk(under: path)
        let halted = Mutex(false)
        let wasHalted: @Sendable () -> Void = { halted.withLock { $0 = true } }
        var database = try await open(halt: wasHalted)
        disk.breakAt(number, fault)
        var acknowledged = try await work(database, Set(0..<Self.steps))

        if !fault.endsTheProcess, !halted.withLock({ $0 }) {
            // The same process goes on; on a full disk as soon as there is space.
            disk.repair()
            try await check(database, acknowledged, number)
            acknowledged.formUnion(try await finish(database, acknowledged))
        }
        await database.close()
        let operations = disk.operations
        if fault.endsTheProcess { try disk.losePower() }

        disk.repair()
        database = try await open(halt: wasHalted)
        try await check(database, acknowledged, number)
        _ = try await finish(database, acknowledged)
        let all = try await references(database)
        try #require(all == Set((0..<Self.steps).map { "step-\($0)" }), "broken at \(number ?? 0)")
        let total = try await database.balance(anna)
        try #require(total == Int64(Self.steps * (Self.steps + 1) / 2))
        await database.close()
        disk.remove()
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
        return operations
    }

    private func open(halt: @escaping @Sendable () -> Void) async throws -> Database {
        var options = Database.Options()
        options.readers = 1
        options.halt = halt
        let database = try Database.open(path, clock: Clock(), options: options)
        // Keys move from memory to their table all day long, not after a quarter of a million.
        try await database.write { tx in tx.cache(JournalKeys.self).fewest = 256 }
        return database
    }

    /// Most steps one by one, the last of them at once.
    /// - Returns: those whose success was acknowledged.
    private func work(_ database: Database, _ wanted: Set<Int>) async throws -> Set<Int> {
        var done: Set<Int> = []
        let alone = wanted.filter { $0 < Self.steps - Self.together }.sorted()
        for step in alone where try await perform(step, database) { done.insert(step) }
        let others = wanted.subtracting(alone)
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for step in others {
                group.addTask { try await perform(step, database) ? step : nil }
            }
            for try await step in group { if let step { done.insert(step) } }
        }
        return done
    }

    /// - Returns: whether it is done; false if the store says that it is away or does not know.
    private func perform(_ step: Int, _ database: Database) async throws -> Bool {
        do {
            try await database.move(
                Int64(step + 1), from: bank, to: anna, kind: "day", reference: "step-\(step)")
            return true
        } catch is LedgerError {
            return true  // it was done before, and its answer was lost
        } catch StoreError.unavailable {
            return false
        } catch StoreError.outcomeUnknown {
            return false
        }
    }

    /// Asks again for what has not been acknowledged; the disk is whole now, so all of it is done.
    private func finish(_ database: Database, _ acknowledged: Set<Int>) async throws -> Set<Int> {
        let missing = Set(0..<Self.steps).subtracting(acknowledged)
        let done = try await work(database, missing)
        try #require(done == missing)
        return done
    }

    private func check(_ database: Database, _ acknowledged: Set<Int>, _ number: Int?) async throws
    {
        let there = try await references(database)
        let lost = acknowledged.filter { !there.contains("step-\($0)") }
        try #require(lost.isEmpty, "\(fault) at \(number ?? 0) lost \(lost.sorted())")
        let audit = try await database.read { try LedgerAudit.run($0) }
        try #require(audit.fault == nil, "\(fault) at \(number ?? 0)")
    }

    private func references(_ database: Database) async throws -> Set<String> {
        try await database.read { snapshot in
            Set(
                try snapshot.rows("SELECT reference FROM journal WHERE kind = 'day'") {
                    try $0[0] as String
                })
        }
    }
}
