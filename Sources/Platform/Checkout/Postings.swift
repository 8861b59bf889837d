import Basics
import Ledger
import Money
import Payments
import Web

extension AccountAddress {
    /// Where an order's tenders meet before they are revenue; empty before and after.
    static func clearing(_ order: ID<Order>) -> AccountAddress { "order:\(order):clearing" }
}

/// An order is paid: what the gateway owes us and the wallet gave goes through the order's clearing
/// account to the revenue of its business. Discounts never appear: they were never owed.
///
/// The wallet's part comes from `held` when it was held for a gateway payment (by the capture of the
/// hold), and straight from `available` when the order was paid at once.
func orderPaidJournal(_ order: Order, gateway: String?, revenue: AccountAddress) -> Journal {
    var postings: [Posting] = []
    if let gateway, order.gatewayAmount.isPositive {
        postings.append(
            Posting(
                debit: .receivable(gateway), credit: .clearing(order.id),
                amount: order.gatewayAmount))
    } else if order.walletAmount.isPositive {
        postings.append(
            Posting(
                debit: .available(order.member), credit: .clearing(order.id),
                amount: order.walletAmount))
    }
    postings.append(Posting(debit: .clearing(order.id), credit: revenue, amount: order.total))
    return Journal(
        kind: "order-paid", reference: order.id.description, actor: order.member.description,
        postings: postings)
}

/// Part of an order is given back: the wallet's share at once, the gateway's share as a promise that
/// `refund-paid` clears when the gateway has paid it.
func orderRefundJournal(
    _ refund: OrderRefund, order: Order, actor: ID<Member>, revenue: AccountAddress
) -> Journal {
    let postings = [
        Posting(debit: revenue, credit: .available(order.member), amount: refund.wallet),
        Posting(debit: revenue, credit: .refundsPayable, amount: refund.gateway),
    ]
    return Journal(
        kind: "order-refund", reference: "\(order.id)/\(refund.id)", actor: actor.description,
        memo: refund.reason, postings: postings.filter(\.amount.isPositive))
}
