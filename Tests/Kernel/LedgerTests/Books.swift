import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

let anna: AccountAddress = "member:anna:available"
let annaHeld: AccountAddress = "member:anna:held"
let bert: AccountAddress = "member:bert:available"
let bank: AccountAddress = "bank:custody"
let income: AccountAddress = "income:courses"

/// Lends fresh books; whatever a test did to them, they must prove right when it ends.
func withBooks(
    _ engine: TestEngine, clock: TestClock = TestClock(), provedAfterwards: Bool = true,
    _ body: @Sendable (Database) async throws -> Void
) async throws {
    try await withDatabase(engine, migrations: ledgerMigrations, clock: clock.clock) { db in
        try await body(db)
        guard provedAfterwards else { return }
        let audit = try await db.read { try LedgerAudit.run($0) }
        #expect(audit.fault == nil)
    }
}

extension Database {
    @discardableResult
    func move(
        _ amount: Int64, from debit: AccountAddress, to credit: AccountAddress,
        kind: String = "test", reference: String = ID<Journal>.make().description,
        effectiveAt: Instant? = nil
    ) async throws -> JournalID {
        let journal = Journal(
            kind: kind, reference: reference, effectiveAt: effectiveAt,
            postings: [Posting(debit: debit, credit: credit, amount: Amount(amount))])
        return try await write { try $0.post(journal) }
    }

    func balance(_ address: AccountAddress) async throws -> Int64 {
        try await read { try $0.balance(of: address).minorUnits }
    }

    func balance(_ address: AccountAddress, at instant: Instant, by axis: TimeAxis = .recorded)
        async throws -> Int64
    {
        try await read { try $0.balance(of: address, asOf: instant, by: axis).minorUnits }
    }

    func hold(
        _ amount: Int64, reference: String = ID<Journal>.make().description,
        expiresAt: Instant? = nil
    ) async throws -> ID<Hold> {
        try await write {
            try $0.placeHold(
                from: anna, into: annaHeld, amount: Amount(amount), reference: reference,
                expiresAt: expiresAt)
        }
    }

    @discardableResult
    func capture(_ hold: ID<Hold>, _ amount: Int64, to target: AccountAddress = income) async throws
        -> JournalID
    {
        try await write {
            try $0.captureHold(
                hold, [(to: target, amount: Amount(amount))],
                reference: ID<Journal>.make().description)
        }
    }

    @discardableResult
    func release(_ hold: ID<Hold>) async throws -> JournalID {
        try await write { try $0.releaseHold(hold, reference: ID<Journal>.make().description) }
    }

    func posted(_ id: JournalID) async throws -> PostedJournal? {
        try await read { try $0.journal(id) }
    }

    func stored(_ id: ID<Hold>) async throws -> Hold? { try await read { try $0.hold(id) } }

    func lastTime() async throws -> Instant? { try await read { try $0.lastJournalTime() } }

    func fault() async throws -> LedgerFault? { try await read { try LedgerAudit.run($0).fault } }
}

/// The problem that a body is refused with.
func problem(_ body: @Sendable () async throws -> Void) async throws -> Problem? {
    do {
        try await body()
        return nil
    } catch let problem as Problem {
        return problem
    }
}

/// What a body throws.
func failure(_ body: @Sendable () async throws -> Void) async -> (any Error)? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

/// Expects a body to be refused with exactly this problem. (Closures inside `#expect` and beside it
/// get the same name from this compiler, so tests keep them out of it.)
func expectRefusal(
    _ expected: Problem, at location: SourceLocation = #_sourceLocation,
    _ body: @Sendable () async throws -> Void
) async throws {
    let found = try await problem(body)
    #expect(found == expected, sourceLocation: location)
}

/// Runs `body` many times at once; how often it went well, and how often with which refusal.
func race(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws -> (
    done: Int, refused: [String: Int]
) {
    try await withThrowingTaskGroup(of: String?.self) { group in
        for index in 0..<count {
            group.addTask { try await problem { try await body(index) }?.code }
        }
        var done = 0
        var refused: [String: Int] = [:]
        for try await code in group {
            if let code { refused[code, default: 0] += 1 } else { done += 1 }
        }
        return (done, refused)
    }
}
