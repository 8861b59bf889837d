import Basics
import Ledger
import Money
import Store
import Web

func wallet(of member: ID<Member>, in snapshot: Snapshot) throws -> WalletView {
    WalletView(
        currency: Currency.cny.code, available: try snapshot.balance(of: .available(member)),
        held: try snapshot.balance(of: .held(member)))
}

/// A member's statement: the entries of the available account, derived from the ledger and kept
/// nowhere else.
/// - Parameters from, to: days in Asia/Shanghai, both inclusive.
func statement(
    of member: ID<Member>, kind: String? = nil, from: CalendarDate? = nil, to: CalendarDate? = nil,
    _ page: PageRequest, in snapshot: Snapshot
) throws -> Page<WalletEntryView> {
    let filter = EntryFilter(
        kind: kind, from: from.map(BusinessCalendar.start(of:)),
        until: to.map(BusinessCalendar.end(of:)))
    return try snapshot.entries(of: .available(member), page, where: filter)
        .map(WalletEntryView.init)
}

extension WalletEntryView {
    init(_ entry: Entry) {
        let reference = entry.reference.split(separator: "/").first.map(String.init) ?? ""
        let types = [
            "top_": "top-up", "ord_": "order", "hld_": "hold", "rfd_": "refund", "jnl_": "journal",
        ]
        let id = entry.transfer.description
        self.init(
            id: id, number: id.dropFirst(4).uppercased(), at: entry.at, kind: entry.kind,
            direction: entry.direction == .in ? .in : .out, amount: entry.amount,
            availableAfter: entry.balanceAfter,
            reference: Reference(
                type: types[String(reference.prefix(4))] ?? "other", id: reference),
            memo: OrNull(entry.memo))
    }
}
