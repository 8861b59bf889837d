import Basics
import Money
import Store
import TestKit
import Testing

@testable import Ledger

/// One journal of Kontor's own for a kind and a reference, wherever its key is kept.
@Suite("Keys of journals", .serialized)
struct JournalKeyTests {
    /// What `post` says.
    private enum Outcome: Equatable { case posted, duplicate }

    private static func post(
        _ number: Int, kind: String = "test", in db: Database
    ) async throws -> Outcome {
        do {
            try await db.move(1, from: bank, to: anna, kind: kind, reference: "r\(number)")
            return .posted
        } catch LedgerError.duplicate {
            return .duplicate
        }
    }

    /// A round of turns for every few keys: they go to the table at once, or soon.
    private static func hurry(_ db: Database, round: Int64) async throws {
        try await db.write { tx in tx.cache(JournalKeys.self).fewest = round }
    }

    private static func written(_ db: Database) async throws -> Int64 {
        try await db.read { try $0.number("SELECT COUNT(*) FROM journal_key") }
    }

    /// Lends a place whose database can be closed and opened again.
    private static func onPlace(_ body: (TestPlace) async throws -> Void) async throws {
        let place = try await TestPlace.make(.sqlite, migrations: ledgerMigrations)
        try await body(place)
        let db = try place.open()
        let audit = try await db.read { try LedgerAudit.run($0) }
        #expect(audit.fault == nil)
        await db.close()
        try await place.remove()
    }

    @Test(arguments: [16, 64, 1 << 18] as [Int64])
    func `a kind is posted once for a reference, also after a start`(round: Int64) async throws {
        try await Self.onPlace { place in
            for start in 0..<3 {
                let db = try place.open()
                try await Self.hurry(db, round: round)
                let new = (start * 12)..<((start + 1) * 12)
                for number in new {
                    let outcome = try await Self.post(number, in: db)
                    #expect(outcome == .posted)
                }
                for number in 0..<new.upperBound {
                    let outcome = try await Self.post(number, in: db)
                    #expect(outcome == .duplicate)
                }
                let another = try await Self.post(start, kind: "other", in: db)
                #expect(another == .posted)
                await db.close()
            }
            let db = try place.open()
            let written = try await Self.written(db)
            switch round {
            case 16: #expect(written > 10)
            case 64: #expect(written < 39)
            default: #expect(written == 0)
            }
            await db.close()
        }
    }

    @Test(arguments: TestEngine.available, [1, 1 << 18] as [Int64])
    func `what was undone leaves no key`(_ engine: TestEngine, round: Int64) async throws {
        struct Changed: Error {}
        try await withBooks(engine) { db in
            if engine == .sqlite { try await Self.hurry(db, round: round) }
            _ = try await Self.post(0, in: db)
            await #expect(throws: Changed.self) {
                try await db.write { tx in
                    try tx.post(
                        Journal(
                            kind: "test", reference: "r1",
                            postings: [Posting(debit: bank, credit: anna, amount: Amount(1))]))
                    throw Changed()
                }
            }
            let outcomes = [
                try await Self.post(1, in: db), try await Self.post(1, in: db),
            ]
            #expect(outcomes == [.posted, .duplicate])
        }
    }

    /// Bodies of one batch, some of which fail after they have posted, behind savepoints or not.
    @Test(arguments: TestEngine.available, [16, 64, 1 << 18] as [Int64])
    func `of many at once with one key one is posted`(_ engine: TestEngine, round: Int64)
        async throws
    {
        struct Changed: Error {}
        try await withBooks(engine) { db in
            if engine == .sqlite { try await Self.hurry(db, round: round) }
            let posted = await withTaskGroup(of: Int?.self) { group in
                for index in 0..<600 {
                    let number = Int.random(in: 0..<100)
                    group.addTask {
                        try? await db.write { tx in
                            try tx.post(
                                Journal(
                                    kind: "test", reference: "r\(number)",
                                    postings: [
                                        Posting(debit: bank, credit: anna, amount: Amount(1))
                                    ]))
                            if index.isMultiple(of: 3) { throw Changed() }
                            return number
                        }
                    }
                }
                return await group.reduce(into: [Int]()) { all, number in
                    if let number { all.append(number) }
                }
            }
            #expect(Set(posted).count == posted.count)
            let journals = try await db.read { try $0.number("SELECT COUNT(*) FROM journal") }
            #expect(journals == Int64(posted.count))
        }
    }

    /// A duplicate fails its body even if the body does not mind, as a broken unique key does.
    @Test(arguments: TestEngine.available)
    func `a duplicate cannot be caught`(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            _ = try await Self.post(1, in: db)
            await #expect(throws: LedgerError.duplicate(kind: "test", reference: "r1")) {
                try await db.write { tx in
                    let journal = Journal(
                        kind: "test", reference: "r1",
                        postings: [Posting(debit: bank, credit: anna, amount: Amount(1))])
                    _ = try? tx.post(journal)
                }
            }
            let journals = try await db.read { try $0.number("SELECT COUNT(*) FROM journal") }
            #expect(journals == 1)
        }
    }

    /// As when a commit fails: what it had moved is in neither table.
    @Test func `what was moved and undone is in memory again`() async throws {
        try await withBooks(.sqlite) { db in
            let keys = ["a", "b"].map { JournalKey(kind: "test", reference: $0) }
            let found = try await db.write { tx in
                try tx.bypassingCaches {
                    let cache = JournalKeys()
                    cache.fewest = 1
                    try cache.add(keys[0], JournalID(rawValue: 5), tx)
                    let place = cache.noted
                    try cache.add(keys[1], JournalID(rawValue: 9), tx)
                    try cache.flush(into: tx)
                    try tx.run("DELETE FROM journal_key")
                    try tx.run("DELETE FROM journal_key_part")
                    cache.undo(to: place)
                    return try keys.map { try cache.journals(under: $0...$0, tx) }
                }
            }
            #expect(found == [[JournalID(rawValue: 5)], []])
        }
    }

    /// What is posted from outside has no key and must be looked through all the same.
    @Test func `turns come also where nothing is Kontor's own`() async throws {
        try await withBooks(.sqlite) { db in
            try await Self.hurry(db, round: 16)
            _ = try await Self.post(1, in: db)
            for _ in 0..<16 {
                try await db.write { tx in
                    _ = try tx.post(
                        Journal(
                            kind: "test", reference: "r", isForeign: true,
                            postings: [Posting(debit: bank, credit: anna, amount: Amount(1))]))
                }
            }
            let marked = try await db.read {
                try $0.number("SELECT COUNT(*) FROM journal_key_part WHERE through > 0")
            }
            let written = try await Self.written(db)
            #expect(marked == Int64(JournalKey.parts) && written == 1)
        }
    }

    @Test func `a database from before has all its keys moved at once`() async throws {
        try await Self.onPlace { place in
            let old = try place.open()
            for number in 0..<30 { _ = try await Self.post(number, in: old) }
            await old.close()
            let new = try place.open()
            try await Self.hurry(new, round: 10)
            try await new.openBooks()
            let written = try await Self.written(new)
            #expect(written == 30)
            let again = try await Self.post(7, in: new)
            #expect(again == .duplicate)
            await new.close()
        }
    }

    /// A part was marked with a journal that was undone, and then the clock was set back.
    @Test func `no id is missed that a mark has passed`() async throws {
        try await Self.onPlace { place in
            let future = Int64.max / 2
            let db = try place.open()
            try await db.write { tx in
                for part in 0..<JournalKey.parts {
                    try tx.run(
                        """
                        INSERT INTO journal_key_part (part, through, written)
                        VALUES (\(Int64(part)), \(future), 0)
                        """)
                }
            }
            let first = try await Self.post(1, in: db)
            await db.close()
            let again = try place.open()
            let second = try await Self.post(1, in: again)
            #expect(first == .posted && second == .duplicate)
            await again.close()
        }
    }

    @Test func `an id from a clock that was set back is not missed after a start`() async throws {
        try await Self.onPlace { place in
            let key = JournalKey(kind: "test", reference: "late")
            let db = try place.open()
            _ = try await Self.post(1, in: db)
            let found = try await db.write { tx in
                let keys = JournalKeys()
                try tx.bypassingCaches { try keys.add(key, JournalID(rawValue: 7), tx) }
                return try tx.writtenJournals(under: key...key)
            }
            #expect(found == [JournalID(rawValue: 7)])
            // It was no journal.
            try await db.write { tx in
                try tx.run("DELETE FROM journal_key")
                try tx.run("DELETE FROM journal_key_part")
            }
            await db.close()
        }
    }

    @Test func `journals for a reference are found in memory and in the table`() async throws {
        try await withBooks(.sqlite) { db in
            for kind in ["first", "second"] { _ = try await Self.post(1, kind: kind, in: db) }
            try await Self.hurry(db, round: 1)
            for kind in ["third", "fourth"] { _ = try await Self.post(1, kind: kind, in: db) }
            try await Self.hurry(db, round: 1 << 18)
            for kind in ["fifth", "sixth"] { _ = try await Self.post(1, kind: kind, in: db) }
            _ = try await Self.post(2, in: db)
            let own = try await db.ownJournals(for: "r1")
            let kinds = try await db.read { snapshot in
                try snapshot.journals(for: "r1", own: own, PageRequest()).items.map(\.journal.kind)
            }
            #expect(kinds == ["sixth", "fifth", "fourth", "third", "second", "first"])
        }
    }

    /// Not seen by the audit's other questions: the transfers are in order.
    @Test(arguments: [16, 1 << 18] as [Int64])
    func `the audit finds a second journal, and a key that is gone`(round: Int64) async throws {
        try await withBooks(.sqlite, provedAfterwards: false) { db in
            try await Self.hurry(db, round: round)
            for number in 0..<20 { _ = try await Self.post(number, in: db) }
            try await db.read { try $0.checkJournalKeys() }
            try await db.write { tx in
                try tx.run(
                    """
                    INSERT INTO journal
                        (id, kind, reference, is_foreign, at, first_transfer, last_transfer)
                    SELECT id + 1000000, kind, reference, is_foreign, at, first_transfer,
                        last_transfer
                    FROM journal WHERE reference = 'r7'
                    """)
            }
            let twice = await #expect(throws: LedgerFault.self) {
                try await db.read { try $0.checkJournalKeys() }
            }
            // Its key is new, or is said to have been moved and is not.
            #expect(["journal-twice", "journal-key"].contains(twice?.code))
            guard round == 16 else { return }
            let gone = await #expect(throws: LedgerFault.self) {
                try await db.write { tx in
                    try tx.run("DELETE FROM journal_key")
                    try tx.checkJournalKeys()
                }
            }
            #expect(gone?.code == "journal-key")
        }
    }

    @Test func `keys are spread over all parts, and those of a reference lie together`() {
        var sizes = [Int](repeating: 0, count: JournalKey.parts)
        for number in 0..<400_000 {
            sizes[JournalKey(kind: "test", reference: "order-\(number)").part] += 1
        }
        #expect((sizes.min() ?? 0) > 40 && (sizes.max() ?? 0) < 160)
        for number in 0..<1_000 {
            let all = JournalKey.all(for: "r\(number)")
            for kind in ["hold", "hold-capture", "sale"] {
                let key = JournalKey(kind: kind, reference: "r\(number)")
                #expect(all.contains(key) && key.part == all.lowerBound.part)
            }
            #expect(all.upperBound.part == all.lowerBound.part)
        }
        // It is on disk in every database.
        #expect(JournalKey(kind: "hold", reference: "ord_1").rawValue == -4_872_039_169_074_393_496)
    }
}
