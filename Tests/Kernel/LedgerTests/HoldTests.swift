import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@Suite("Holds", .serialized)
struct HoldTests {
    @Test(
        "what is held cannot be spent or held again (ledger case 9)",
        arguments: TestEngine.available)
    func holdsCountAsSpent(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(5_000, from: bank, to: anna)
            let outcome = try await race(6) { _ in _ = try await db.hold(1_000) }
            #expect(outcome.done == 5 && outcome.refused == ["insufficient-funds": 1])
            #expect(try await db.balance(anna) == 0)
            #expect(try await db.balance(annaHeld) == 5_000)
            let refusal = try await problem { try await db.move(1, from: anna, to: income) }
            #expect(refusal?.code == "insufficient-funds")
        }
    }

    @Test(
        "a capture takes its part and the rest goes back at once (ledger case 10)",
        arguments: TestEngine.available)
    func captures(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(123, from: bank, to: anna)
            let id = try await db.hold(123)
            try await expectRefusal(.exceedsHold) { try await db.capture(id, 124) }
            try await expectRefusal(.amountNotPositive) { try await db.capture(id, 0) }
            try await expectRefusal(.amountNotPositive) { try await db.capture(id, -1) }
            try await db.capture(id, 100)
            #expect(try await db.balance(anna) == 23)
            #expect(try await db.balance(annaHeld) == 0)
            #expect(try await db.balance(income) == 100)
            try await expectRefusal(.holdAlreadyCaptured) { try await db.capture(id, 1) }
            try await expectRefusal(.holdAlreadyCaptured) { try await db.release(id) }
            let hold = try #require(try await db.stored(id))
            #expect(hold.status == .captured && hold.captured == Amount(100))
        }
    }

    @Test("a capture may go to several", arguments: TestEngine.available)
    func capturesForSeveral(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(100, from: bank, to: anna)
            let id = try await db.hold(100)
            try await db.write { tx in
                try tx.captureHold(
                    id, [(to: bert, amount: Amount(50)), (to: income, amount: Amount(30))],
                    reference: "ord_1")
            }
            #expect(try await db.balance(anna) == 20)
            #expect(try await db.balance(bert) == 50)
            #expect(try await db.balance(income) == 30)
            let journals = try await db.read { try $0.journals(PageRequest()).items }
            #expect(journals.map(\.journal.kind) == ["hold-capture", "hold", "test"])
            #expect(journals.first?.journal.postings.count == 3)
        }
    }

    @Test("a released hold is over (ledger case 10)", arguments: TestEngine.available)
    func releases(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(100, from: bank, to: anna)
            let id = try await db.hold(100)
            try await db.release(id)
            #expect(try await db.balance(anna) == 100)
            try await expectRefusal(.holdAlreadyReleased) { try await db.capture(id, 1) }
            try await expectRefusal(.holdAlreadyReleased) { try await db.release(id) }
        }
    }

    @Test("100 concurrent captures: one (ledger case 10)", arguments: TestEngine.available)
    func concurrentCaptures(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(1_000, from: bank, to: anna)
            let id = try await db.hold(100)
            let outcome = try await race(100) { _ in try await db.capture(id, 100) }
            #expect(outcome.done == 1 && outcome.refused == ["hold-already-captured": 99])
            #expect(try await db.balance(income) == 100)
        }
    }

    @Test("a hold that was refused is no hold (ledger case 12)", arguments: TestEngine.available)
    func refusedHold(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let refusal = try await problem { _ = try await db.hold(1) }
            #expect(refusal?.code == "insufficient-funds")
            try await expectRefusal(.holdNotFound) { try await db.capture(ID<Hold>.make(), 1) }
            #expect(try await db.balance(income) == 0)
        }
    }

    @Test("a hold can be captured until it expires", arguments: TestEngine.available)
    func capturesInTime(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await db.move(100, from: bank, to: anna)
            let id = try await db.hold(100, expiresAt: clock.now + .seconds(60))
            clock.advance(by: .seconds(59))
            #expect(try await db.balance(anna) == 0)
            try await db.capture(id, 100)
            clock.advance(by: .seconds(60))
            #expect(try await db.balance(anna) == 0)
            // The bound that the account kept has passed; there is nothing to sweep.
            try await db.move(5, from: bank, to: anna)
            #expect(try await db.balance(anna) == 5)
        }
    }

    @Test(
        "a hold is over at its instant, swept or not (ledger case 11)",
        arguments: TestEngine.available)
    func expires(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            let end = clock.now + .seconds(60)
            try await db.move(100, from: bank, to: anna)
            let id = try await db.hold(70, expiresAt: end)
            clock.set(end)
            try await expectRefusal(.holdExpired) { try await db.capture(id, 70) }
            try await expectRefusal(.holdExpired) { try await db.release(id) }
            #expect(try await db.balance(anna) == 100)
            #expect(try await db.balance(annaHeld) == 0)
            #expect(try await db.balance(annaHeld, at: end - .seconds(1)) == 70)
            #expect(try await db.balance(annaHeld, at: end) == 0)

            clock.advance(by: .seconds(30))
            try await db.move(100, from: anna, to: income)
            #expect(try await db.balance(anna) == 0)
            let hold = try #require(try await db.stored(id))
            #expect(hold.status == .expired)
            let entries = try await db.read { try $0.entries(of: anna).items }
            #expect(entries.map(\.kind) == ["test", "hold-expiry", "hold", "test"])
            #expect(entries[1].effectiveAt == end && entries[1].at > end)
            // Written late, it still counts from its instant on both axes.
            for axis in TimeAxis.allCases {
                #expect(try await db.balance(anna, at: end - .microseconds(1), by: axis) == 30)
                #expect(try await db.balance(anna, at: end, by: axis) == 100)
                #expect(try await db.balance(anna, at: end + .seconds(10), by: axis) == 100)
                #expect(try await db.balance(annaHeld, at: end + .seconds(10), by: axis) == 0)
            }
            try await expectRefusal(.holdExpired) { try await db.capture(id, 70) }
        }
    }

    @Test(
        "a touch of either side sweeps all that is due and nothing else",
        arguments: TestEngine.available)
    func sweeps(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await db.move(100, from: bank, to: anna)
            let start = clock.now
            for (amount, seconds) in [(10, 30), (20, 20), (30, 10), (5, 300)] as [(Int64, Int64)] {
                _ = try await db.hold(amount, expiresAt: start + .seconds(seconds))
            }
            let lasting = try await db.hold(1)
            clock.advance(by: .seconds(25))
            _ = try await db.release(lasting)
            let kinds = try await db.read { try $0.entries(of: annaHeld).items.map(\.kind) }
            #expect(kinds.prefix(3) == ["hold-release", "hold-expiry", "hold-expiry"])
            #expect(try await db.balance(annaHeld) == 15)
            clock.advance(by: .seconds(25))
            #expect(try await db.balance(annaHeld) == 5)
            clock.advance(by: .seconds(300))
            try await db.move(100, from: anna, to: income)
            #expect(try await db.balance(annaHeld) == 0)
        }
    }

    @Test("a hold that would be over already is refused", arguments: TestEngine.available)
    func expiryInThePast(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await db.move(100, from: bank, to: anna)
            let refusal = try await problem { _ = try await db.hold(1, expiresAt: clock.now) }
            #expect(refusal == .expiryNotInFuture)
        }
    }

    @Test(
        "a restart changes nothing about an expiry (ledger case 11)",
        arguments: TestEngine.available)
    func restart(_ engine: TestEngine) async throws {
        let clock = TestClock()
        let place = try await TestPlace.make(engine, migrations: ledgerMigrations)
        let before = try place.open(clock: clock.clock)
        try await before.move(100, from: bank, to: anna)
        let id = try await before.hold(70, expiresAt: clock.now + .seconds(60))
        await before.close()
        clock.advance(by: .seconds(60))
        let after = try place.open(clock: clock.clock)
        try await expectRefusal(.holdExpired) { try await after.capture(id, 70) }
        #expect(try await after.balance(anna) == 100)
        #expect(try await after.fault() == nil)
        await after.close()
        try await place.remove()
    }

    @Test("captures, releases and an expiry race for their holds", arguments: TestEngine.available)
    func everythingAtOnce(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await db.move(10_000, from: bank, to: anna)
            var holds: [ID<Hold>] = []
            for index in 0..<40 {
                let end = index.isMultiple(of: 4) ? clock.now + .seconds(10) : nil
                holds.append(try await db.hold(100, expiresAt: end))
            }
            clock.advance(by: .seconds(10))
            let all = holds
            let outcome = try await race(120) { index in
                let hold = all[index % 40]
                switch index / 40 {
                case 0: try await db.capture(hold, 60)
                case 1: try await db.release(hold)
                default: try await db.move(1, from: anna, to: bert)
                }
            }
            #expect(outcome.done == 30 + 40)
            #expect(outcome.refused["hold-expired"] == 20)
            #expect(try await db.balance(annaHeld) == 0)
            let sum = try await db.balance(anna) + db.balance(bert) + db.balance(income)
            #expect(sum == 10_000)
        }
    }
}
