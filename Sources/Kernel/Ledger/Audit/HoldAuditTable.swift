import Basics
import Money
import Store

extension Snapshot {
    func openHoldCount() throws -> Int {
        Int(try number("SELECT COUNT(*) FROM hold WHERE status = 'open'"))
    }

    /// The first disagreement between holds, their journals and the accounts where they lie.
    func holdFault() throws -> LedgerFault? {
        if let (id, reference) = try holdWithoutJournal() {
            return LedgerFault("hold", "\(id) for \(reference) is not what its journal placed")
        }
        let holds = try number("SELECT COUNT(*) FROM hold")
        let placed = try number("SELECT COUNT(*) FROM journal WHERE kind = 'hold'")
        guard holds == placed else {
            return LedgerFault("hold", "\(placed) holds were placed and \(holds) are known")
        }
        if let (address, balance, sum) = try heldAccountOutOfStep() {
            return LedgerFault("held-balance", "\(address) holds \(balance), its holds \(sum)")
        }
        if let (id, address) = try forgottenExpiry() {
            return LedgerFault("hold-expiry", "\(address) does not know when \(id) expires")
        }
        return nil
    }

    private func holdWithoutJournal() throws -> (ID<Hold>, String)? {
        try first(
            """
            SELECT h.id, h.reference FROM hold h
                LEFT JOIN journal j ON j.id = h.journal
                LEFT JOIN transfer t ON t.id = j.first_transfer
            WHERE j.id IS NULL OR j.kind <> 'hold' OR j.reference <> h.reference
                OR t.id IS NULL OR t.amount <> h.amount
            ORDER BY h.id LIMIT 1
            """
        ) { (try $0[0], try $0[1]) }
    }

    /// What lies in a `held` account is the sum of the open holds in it, expired or not.
    private func heldAccountOutOfStep() throws -> (AccountAddress, Amount, Amount)? {
        try first(
            """
            SELECT a.address, b.balance, \(SQL.sum("h.amount"))
            FROM \(Account.tables) LEFT JOIN hold h ON h.held = a.address AND h.status = 'open'
            WHERE a.address IN (SELECT held FROM hold) OR a.address LIKE 'member:%:held'
            GROUP BY a.address, b.balance HAVING b.balance <> \(SQL.sum("h.amount"))
            ORDER BY a.address LIMIT 1
            """
        ) { (try $0[0], try $0[1], try $0[2]) }
    }

    private func forgottenExpiry() throws -> (ID<Hold>, AccountAddress)? {
        try first(
            """
            SELECT h.id, h.address FROM (
                SELECT id, source AS address, expires_at FROM hold
                WHERE status = 'open' AND expires_at IS NOT NULL
                UNION ALL
                SELECT id, held AS address, expires_at FROM hold
                WHERE status = 'open' AND expires_at IS NOT NULL
            ) h JOIN account a ON a.address = h.address JOIN account_balance b ON b.id = a.id
            WHERE b.next_expiry IS NULL OR b.next_expiry > h.expires_at
            ORDER BY h.id LIMIT 1
            """
        ) { (try $0[0], try $0[1]) }
    }
}
