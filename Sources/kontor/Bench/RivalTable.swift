import Basics
import Store

/// The ledger that comes to mind first: a balance per account, two entries per transfer, each
/// transfer a transaction that locks, checks, and writes. It is here to be measured beside ours, on
/// the same engine, with the same clients and the same durability.
struct RivalTransfers: TransferEngine {
    let database: Database

    static let migrations = [
        Migration(
            "rival-1",
            [
                .table(
                    "rival_account",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    balance BIGINT NOT NULL,
                    CHECK (balance >= 0)
                    """),
                .table(
                    "rival_transfer",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    reference TEXT UNIQUE NOT NULL,
                    at BIGINT NOT NULL
                    """),
                .table(
                    "rival_entry",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    transfer BIGINT NOT NULL,
                    account BIGINT NOT NULL,
                    change BIGINT NOT NULL,
                    balance BIGINT NOT NULL
                    """),
                .sql("CREATE INDEX rival_history ON rival_entry (account, id)"),
            ])
    ]

    private static let start: Int64 = 1_000_000_000_000
    private static let hot: Int64 = 1_000_000_000

    func prepare(accounts: Int) async throws {
        let ids = (0..<accounts).map { Int64($0) } + [Self.hot]
        for first in stride(from: 0, to: ids.count, by: 100) {
            let part = ids[first..<min(first + 100, ids.count)]
            try await database.write { tx in
                for id in part {
                    try tx.run(
                        "INSERT INTO rival_account (id, balance) VALUES (\(id), \(Self.start))")
                }
            }
        }
    }

    func act(_ choice: inout BenchRandom, _ plan: LedgerPlan) async throws -> Int {
        let pair = choice.pair(plan)
        let (debit, credit) = (id(pair.debit), id(pair.credit))
        let amount = Int64.random(in: 1...9_999, using: &choice)
        let reference =
            plan.workload == .randomKeys ? choice.text() : ID<Rival>.make().description
        try await database.write { tx in
            try tx.move(amount, from: debit, to: credit, reference: reference)
        }
        return 1
    }

    private func id(_ index: Int) -> Int64 { index < 0 ? Self.hot : Int64(index) }

    func fault() async throws -> String? {
        let (sum, wrong) = try await database.read { snapshot in
            (
                try snapshot.number("SELECT \(SQL.sum("change")) FROM rival_entry"),
                try snapshot.number(
                    """
                    SELECT COUNT(*) FROM rival_account a WHERE a.balance - \(Self.start) <>
                        (SELECT \(SQL.sum("change")) FROM rival_entry e WHERE e.account = a.id)
                    """)
            )
        }
        return sum == 0 && wrong == 0 ? nil : "\(wrong) balances are wrong, entries sum to \(sum)"
    }
}

private struct Rival: Entity { static let prefix = "rvl" }

extension Transaction {
    fileprivate func move(
        _ amount: Int64, from debit: Int64, to credit: Int64, reference: String
    ) throws {
        let found = try lockAll(
            """
            SELECT id, balance FROM rival_account WHERE id IN \(list: [debit, credit]) ORDER BY id
            """
        ) { (try $0[0] as Int64, try $0[1] as Int64) }
        var balances = Dictionary(uniqueKeysWithValues: found.map(\.value))
        balances[debit, default: 0] -= amount
        balances[credit, default: 0] += amount
        guard balances[debit, default: 0] >= 0 else { throw Problem.forbidden }
        let transfer = ID<Rival>.make()
        try run(
            """
            INSERT INTO rival_transfer (id, reference, at)
            VALUES (\(transfer), \(reference), \(now))
            """)
        for (account, change) in [(debit, -amount), (credit, amount)] {
            let balance = balances[account, default: 0]
            try run("UPDATE rival_account SET balance = \(balance) WHERE id = \(account)")
            try run(
                """
                INSERT INTO rival_entry (id, transfer, account, change, balance)
                VALUES (\(ID<Rival>.make()), \(transfer), \(account), \(change), \(balance))
                """)
        }
    }
}
