import Basics
import Money

/// Every account's history, run through again.
///
/// Transfers come in the order of their ids. That is the order of the chains too, but for clocks
/// that differ between nodes: a step whose predecessor has not come yet waits for it.
struct Replay {
    fileprivate struct State {
        let address: AccountAddress
        let currency: Currency
        let floor: Int64?
        var balance: Int64 = 0
        var entries: Int64 = 0
        var last: Int64?
        var lastAt: Int64 = 0
        var marks: UInt64 = 0
    }

    /// The place in a chain after a transfer.
    fileprivate struct Place: Hashable {
        let account: Int64
        let previous: Int64?
    }

    /// One side of a transfer.
    fileprivate struct Step {
        let transfer: Int64
        let place: Place
        let change: Int64
        let balance: Int64
        let at: Int64

        var name: String { "transfer \(ID<Transfer>(rawValue: transfer))" }
    }

    /// So many steps out of order are no clock's doing.
    private static let patience = 100_000

    private var accounts: [Int64: State] = [:]
    private var waiting: [Place: Step] = [:]

    mutating func add(_ account: AuditedAccount) {
        accounts[account.id] = State(
            address: account.address, currency: account.currency, floor: account.floor)
    }

    mutating func apply(_ transfer: AuditedTransfer) throws {
        guard let debit = accounts[transfer.debit], let credit = accounts[transfer.credit] else {
            throw LedgerFault("account-missing", "an account of \(transfer.name) does not exist")
        }
        guard debit.currency == credit.currency, debit.address.book == credit.address.book else {
            throw LedgerFault(
                "journal-sum",
                "\(transfer.name) goes from \(debit.address) to \(credit.address), across ledgers")
        }
        try apply(
            Step(
                transfer: transfer.id,
                place: Place(account: transfer.debit, previous: transfer.debitPrevious),
                change: 0 - transfer.amount, balance: transfer.debitBalance, at: transfer.at))
        try apply(
            Step(
                transfer: transfer.id,
                place: Place(account: transfer.credit, previous: transfer.creditPrevious),
                change: transfer.amount, balance: transfer.creditBalance, at: transfer.at))
    }

    private mutating func apply(_ step: Step) throws {
        guard var state = accounts[step.place.account] else { return }
        var next: Step? = step
        while let step = next {
            guard step.place.previous == state.last else { break }
            try state.advance(step)
            next = waiting.removeValue(
                forKey: Place(account: step.place.account, previous: step.transfer))
        }
        accounts[step.place.account] = state
        if let step = next { try wait(step) }
    }

    private mutating func wait(_ step: Step) throws {
        if let rival = waiting.updateValue(step, forKey: step.place) {
            throw LedgerFault(
                "chain-broken", "\(rival.name) and \(step.name) follow the same entry")
        }
        if waiting.count > Self.patience { try finish() }
    }

    /// Nothing may be waiting for a predecessor any more.
    func finish() throws {
        guard let step = waiting.values.min(by: { $0.transfer < $1.transfer }) else { return }
        let account = accounts[step.place.account].map { "\($0.address)" } ?? "?"
        let missing = step.place.previous.map { "\(ID<Transfer>(rawValue: $0))" } ?? "nothing"
        throw LedgerFault(
            "chain-broken", "\(step.name) on \(account) follows \(missing), which is not before it")
    }

    /// Compares what is kept of an account with its history.
    func compare(_ account: AuditedAccount) throws {
        guard let state = accounts[account.id] else { return }
        guard state.last == account.lastTransfer, state.entries == account.entries else {
            throw LedgerFault(
                "account-end",
                "\(account.address) names another last entry than its history of \(state.entries)")
        }
        guard state.balance == account.balance else {
            throw LedgerFault(
                "account-balance",
                "\(account.address) says \(account.balance), its history \(state.balance)")
        }
        guard state.lastAt == account.lastAt else {
            throw LedgerFault("account-end", "\(account.address) was not last touched when it says")
        }
    }

    func firstAccount(whoseMarksDifferFrom digests: [Int64: UInt64]) -> AccountAddress? {
        let ids = Set(digests.keys).union(accounts.keys)
        let wrong = ids.filter { accounts[$0]?.marks ?? 0 != digests[$0] ?? 0 }.min()
        return wrong.map { accounts[$0]?.address ?? "account:\($0)" }
    }
}

extension Replay.State {
    fileprivate mutating func advance(_ step: Replay.Step) throws {
        let (sum, overflow) = balance.addingReportingOverflow(step.change)
        guard !overflow, sum == step.balance else {
            throw LedgerFault(
                "running-balance",
                "\(step.name) on \(address): \(balance) and \(step.change) is not \(step.balance)")
        }
        guard step.at >= lastAt else {
            throw LedgerFault(
                "time", "\(step.name) on \(address) is older than the entry before it")
        }
        if let floor, step.change < 0, sum < floor {
            throw LedgerFault("floor", "\(step.name) leaves \(sum) on \(address)")
        }
        balance = sum
        entries += 1
        last = step.transfer
        lastAt = step.at
        if entries % Mark.interval == 0 {
            marks &+= Digest.of(step.place.account, entries, step.at, step.transfer, sum)
        }
    }
}
