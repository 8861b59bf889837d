import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@Suite("History", .serialized)
struct HistoryTests {
    /// Many journals, some of several entries at one moment, at times that the test knows.
    private func fill(_ db: Database, _ clock: TestClock, journals: Int) async throws -> [(
        at: Instant, balance: Int64
    )] {
        var known: [(Instant, Int64)] = []
        var balance: Int64 = 0
        for index in 0..<journals {
            clock.advance(by: .seconds(10))
            let journal = Journal(
                kind: index.isMultiple(of: 7) ? "seventh" : "test", reference: "r\(index)",
                postings: (0...(index % 5)).map {
                    Posting(debit: bank, credit: anna, amount: Amount(Int64(index + $0 + 1)))
                })
            balance += journal.postings.reduce(0) { $0 + $1.amount.minorUnits }
            let id = try await db.write { try $0.post(journal) }
            let at = try #require(try await db.posted(id)).at
            known.append((at, balance))
        }
        return known
    }

    @Test(
        "the balance at every moment, between them, before the first (ledger case 19)",
        arguments: TestEngine.available)
    func balanceAtATime(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            let known = try await fill(db, clock, journals: 90)
            var before: Int64 = 0
            for (at, balance) in known {
                #expect(try await db.balance(anna, at: at - .microseconds(1)) == before)
                #expect(try await db.balance(anna, at: at) == balance)
                #expect(try await db.balance(anna, at: at + .seconds(1)) == balance)
                before = balance
            }
            #expect(try await db.balance("member:nobody:held", at: clock.now) == 0)
        }
    }

    @Test(
        "each entry's balance is the one before it and its amount", arguments: TestEngine.available)
    func chain(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            let known = try await fill(db, clock, journals: 40)
            try await db.move(100, from: anna, to: income)
            var entries: [Entry] = []
            var cursor: Int64?
            repeat {
                let after = cursor
                let page = try await db.read {
                    try $0.entries(of: anna, PageRequest(limit: 7, after: after))
                }
                #expect(page.items.count == 7 || page.next == nil)
                entries += page.items
                cursor = page.next
            } while cursor != nil
            #expect(entries.count == 40 / 5 * 15 + 1)
            #expect(Set(entries.map(\.transfer)).count == entries.count)
            #expect(entries.first?.direction == .out)
            #expect(entries.dropFirst().first?.balanceAfter.minorUnits == known.last?.balance)
            var balance: Int64 = 0
            for entry in entries.reversed() {
                let amount = entry.amount.minorUnits
                balance += entry.direction == .in ? amount : -amount
                #expect(entry.balanceAfter.minorUnits == balance)
            }
        }
    }

    @Test("entries of a kind and of a span of time", arguments: TestEngine.available)
    func filters(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            let known = try await fill(db, clock, journals: 40)
            let from = known[10].at
            let until = known[20].at
            let span = try await db.read {
                try $0.entries(
                    of: anna, PageRequest(limit: 100),
                    where: EntryFilter(from: from, until: until))
            }
            let expected = Set((10..<20).map { "r\($0)" })
            #expect(Set(span.items.map(\.reference)) == expected)
            #expect(span.next == nil)
            let sevenths = try await db.read {
                try $0.entries(of: anna, PageRequest(limit: 3), where: EntryFilter(kind: "seventh"))
            }
            #expect(sevenths.items.map(\.reference) == ["r35", "r28", "r28"])
            let next = try #require(sevenths.next)
            let rest = try await db.read {
                try $0.entries(
                    of: anna, PageRequest(limit: 100, after: next),
                    where: EntryFilter(kind: "seventh"))
            }
            #expect(rest.items.count == 13 && rest.items.first?.reference == "r28")
            let foreign = try await db.read { try $0.entries(of: bert, PageRequest(after: next)) }
            #expect(foreign.items.isEmpty && foreign.next == nil)
        }
    }

    @Test(
        "a back-dated entry is in force from its time, and was not known then (ledger case 19)",
        arguments: TestEngine.available)
    func backdated(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await db.move(100, from: bank, to: anna)
            let yesterday = clock.now + .hours(1)
            clock.advance(by: .days(1))
            try await db.move(30, from: bank, to: anna, effectiveAt: yesterday)
            #expect(try await db.balance(anna) == 130)
            #expect(try await db.balance(anna, at: yesterday) == 100)
            #expect(try await db.balance(anna, at: yesterday, by: .effective) == 130)
            let before = yesterday - .microseconds(1)
            #expect(try await db.balance(anna, at: before, by: .effective) == 100)
            #expect(try await db.balance(bank, at: yesterday, by: .effective) == -130)

            // Post-dated: known now, in force tomorrow.
            let tomorrow = clock.now + .days(1)
            try await db.move(5, from: anna, to: income, effectiveAt: tomorrow)
            let now = clock.now + .seconds(1)
            #expect(try await db.balance(anna, at: now) == 125)
            #expect(try await db.balance(anna, at: now, by: .effective) == 130)
            #expect(try await db.balance(anna, at: tomorrow, by: .effective) == 125)
        }
    }

    @Test(
        "times of journals rise even when the clock was set back (ledger case 26)",
        arguments: TestEngine.available)
    func clockSetBack(_ engine: TestEngine) async throws {
        let clock = TestClock()
        let place = try await TestPlace.make(engine, migrations: ledgerMigrations)
        var db = try place.open(clock: clock.clock)
        let none = try await db.lastTime()
        #expect(none == nil)
        try await db.move(1, from: bank, to: anna)
        let first = try await db.lastTime()
        let last = try #require(first)
        await db.close()

        clock.advance(by: .hours(-1))
        db = try place.open(clock: clock.clock)
        db.raiseTime(above: try #require(try await db.lastTime()))
        try await db.move(1, from: bank, to: bert)
        let next = try #require(try await db.lastTime())
        #expect(next > last)
        #expect(try await db.fault() == nil)
        await db.close()
        try await place.remove()
    }

    @Test(
        "an account's times never fall, though another node's clock is behind",
        arguments: TestEngine.available)
    func nodeBehind(_ engine: TestEngine) async throws {
        let clock = TestClock()
        let place = try await TestPlace.make(engine, migrations: ledgerMigrations)
        var db = try place.open(clock: clock.clock)
        try await db.move(1, from: bank, to: anna)
        await db.close()
        clock.advance(by: .hours(-1))
        db = try place.open(clock: clock.clock)
        try await db.move(1, from: bank, to: anna)
        #expect(try await db.fault() == nil)
        await db.close()
        try await place.remove()
    }

    @Test("journals are listed from the newest", arguments: TestEngine.available)
    func journals(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            _ = try await fill(db, clock, journals: 5)
            let page = try await db.read { try $0.journals(PageRequest(limit: 3)) }
            #expect(page.items.map(\.journal.reference) == ["r4", "r3", "r2"])
            let next = try #require(page.next)
            let rest = try await db.read { try $0.journals(PageRequest(limit: 3, after: next)) }
            #expect(rest.items.map(\.journal.postings.count) == [2, 1])
            #expect(rest.next == nil)
        }
    }
}
