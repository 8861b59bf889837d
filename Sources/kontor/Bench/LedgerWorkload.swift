import ArgumentParser
import Basics
import Ledger
import Money
import Store

/// What the clients of `kontor bench ledger` do.
enum LedgerWorkload: String, ExpressibleByArgument, CaseIterable, Codable, Sendable {
    /// From one account to another, both drawn from all.
    case uniform
    /// The share that `--hot` says has the house's income account on one side.
    case hot
    /// The same with an account that has a floor, which no lanes can relieve.
    case hotFloor = "hot-floor"
    /// A hold is placed and captured: two journals, each durable before the next.
    case holds
    /// Journals refer to random texts, as if clients chose them: no index likes that.
    case randomKeys = "random-keys"
}

/// One way to move money, so that ours and a rival's are measured by the same clients.
protocol TransferEngine: Sendable {
    /// Makes the accounts, each with enough for the whole run.
    func prepare(accounts: Int) async throws
    /// Does one thing durably. Returns how many transfers that were.
    func act(_ choice: inout BenchRandom, _ plan: LedgerPlan) async throws -> Int
    /// What is wrong with the books; nil if nothing is.
    func fault() async throws -> String?
}

/// The numbers that a workload is made of.
struct LedgerPlan: Codable, Sendable {
    var workload: LedgerWorkload
    var accounts: Int
    /// Of a hundred transfers, how many touch the hot account.
    var hotPercent: Int
}

/// A small, fast, seeded source of chance: a client's choices are the same in every run.
struct BenchRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(bitPattern: Int64(seed))
        // Streams of neighbouring seeds are the same stream, shifted; these are far apart.
        state = next() ^ (next() << 1)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A text that no other is like, in no order.
    mutating func text() -> String {
        Base32.encode(Int64(bitPattern: next())) + Base32.encode(Int64(bitPattern: next()))
    }

    /// A pair of different accounts, or one and the hot account (-1), in either order.
    mutating func pair(_ plan: LedgerPlan) -> (debit: Int, credit: Int) {
        let first = Int.random(in: 0..<plan.accounts, using: &self)
        if Int.random(in: 0..<100, using: &self) < plan.hotPercent {
            return Bool.random(using: &self) ? (first, -1) : (-1, first)
        }
        let step = Int.random(in: 1..<max(2, plan.accounts), using: &self)
        return (first, (first + step) % plan.accounts)
    }
}

/// Kontor's own ledger, exactly as use cases call it.
struct KontorTransfers: TransferEngine {
    let database: Database
    private let addresses: Addresses

    /// Made once: the clients should not be busy writing names.
    private struct Addresses: Sendable {
        let available: [AccountAddress]
        let held: [AccountAddress]
        let hot: AccountAddress
    }

    private static let house: AccountAddress = "bank:custody"
    private static let start = Amount(1_000_000_000_000)

    init(database: Database, plan: LedgerPlan) {
        self.database = database
        let members = (0..<plan.accounts).map { "member:bench\($0)" }
        addresses = Addresses(
            available: members.map { AccountAddress(stringLiteral: "\($0):available") },
            held: members.map { AccountAddress(stringLiteral: "\($0):held") },
            hot: plan.workload == .hotFloor ? "member:hot:available" : "income:bench")
    }

    func prepare(accounts: Int) async throws {
        let all = addresses.available + [addresses.hot]
        for first in stride(from: 0, to: all.count, by: 50) {
            let part = all[first..<min(first + 50, all.count)]
            try await database.write { tx in
                for address in part {
                    try tx.post(
                        Journal(
                            kind: "bench-fund", reference: address.text,
                            postings: [
                                Posting(debit: Self.house, credit: address, amount: Self.start)
                            ]))
                }
            }
        }
    }

    func act(_ choice: inout BenchRandom, _ plan: LedgerPlan) async throws -> Int {
        let pair = choice.pair(plan)
        if plan.workload == .holds { return try await hold(pair.debit) }
        let posting = Posting(
            debit: address(pair.debit), credit: address(pair.credit),
            amount: Amount(Int64.random(in: 1...9_999, using: &choice)))
        let reference =
            plan.workload == .randomKeys ? choice.text() : ID<Journal>.make().description
        let journal = Journal(kind: "bench", reference: reference, postings: [posting])
        try await database.write { try $0.post(journal) }
        return 1
    }

    private func hold(_ member: Int) async throws -> Int {
        let (available, held) = (addresses.available[member], addresses.held[member])
        let reference = ID<Journal>.make().description
        let hold = try await database.write {
            try $0.placeHold(
                from: available, into: held, amount: Amount(100), reference: reference)
        }
        try await database.write { [hot = addresses.hot] in
            try $0.captureHold(hold, [(to: hot, amount: Amount(100))], reference: reference)
        }
        return 2
    }

    func anyAccount(_ random: inout BenchRandom) -> AccountAddress {
        addresses.available[Int.random(in: addresses.available.indices, using: &random)]
    }

    private func address(_ index: Int) -> AccountAddress {
        index < 0 ? addresses.hot : addresses.available[index]
    }

    func fault() async throws -> String? {
        try await database.read { try LedgerAudit.run($0).fault.map { "\($0)" } }
    }
}
