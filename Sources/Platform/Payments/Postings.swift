import Basics
import Ledger
import Money
import Web

extension AccountAddress {
    /// A member's money that can be spent.
    package static func available(_ member: ID<Member>) -> AccountAddress {
        "member:\(member):available"
    }
    /// A member's money that is promised to something; `hold` rows say to what.
    package static func held(_ member: ID<Member>) -> AccountAddress { "member:\(member):held" }

    /// What a gateway owes us.
    package static func receivable(_ gateway: String) -> AccountAddress {
        "gateway:\(gateway):receivable"
    }
    /// Refunds promised to payers that the gateway has not paid out yet.
    package static let refundsPayable: AccountAddress = "liability:refunds-payable"
    /// Money that came too late or twice, until it is back with its payer.
    static let unappliedReceipts: AccountAddress = "liability:unapplied-receipts"
    /// Money whose amount is not what was asked for, until a person has decided.
    static let suspense: AccountAddress = "liability:suspense"

    /// What gateways take for their service.
    package static let gatewayFees: AccountAddress = "expense:gateway-fees"
    /// Money of which only a gateway's bill tells, once a person has looked at it: from here
    /// bookkeepers post it to where it belongs.
    package static let unidentified: AccountAddress = "liability:unidentified"
    /// What was given back at the gateways' own consoles, until a bookkeeper has said whose cost it is.
    static let gatewayRefunds: AccountAddress = "expense:gateway-refunds"

    /// What Payments' own rows account for: nobody else posts to these.
    package static let ofPayments: Set<AccountAddress> = [
        .refundsPayable, .unappliedReceipts, .suspense, .gatewayFees,
    ]
}

/// A top-up has arrived: the gateway owes it to us, we owe it to the member.
func topUpJournal(_ payment: Payment) -> Journal {
    let id = ID<TopUp>(rawValue: payment.intent.id.rawValue)
    return Journal(
        kind: "top-up", reference: id.description,
        postings: [
            Posting(
                debit: .receivable(payment.attempt.gateway),
                credit: .available(payment.intent.member),
                amount: payment.attempt.amount)
        ])
}

/// Money that nobody waits for any more: owed to the payer until the refund is through.
func unappliedJournal(_ attempt: PaymentAttempt) -> Journal {
    Journal(
        kind: "unapplied-receipt", reference: attempt.id.description,
        postings: [
            Posting(
                debit: .receivable(attempt.gateway), credit: .unappliedReceipts,
                amount: attempt.amount)
        ])
}

/// A genuine payment of another amount than asked for.
func suspenseJournal(_ attempt: PaymentAttempt, received: Amount) -> Journal {
    Journal(
        kind: "suspense", reference: attempt.id.description,
        postings: [
            Posting(debit: .receivable(attempt.gateway), credit: .suspense, amount: received)
        ])
}

/// The gateway has paid a refund out of what it owes us.
func refundPaidJournal(_ refund: PaymentRefund, gateway: String) -> Journal {
    Journal(
        kind: "refund-paid", reference: refund.id.description,
        postings: [
            Posting(
                debit: refund.origin.liability, credit: .receivable(gateway),
                amount: refund.amount)
        ])
}

/// What was booked as a refund that nobody here asked for was one of ours: what `refund-paid` posted
/// of it, taken back.
func refundMatchedJournal(_ refund: PaymentRefund, gateway: String) -> Journal {
    Journal(
        kind: "refund-matched", reference: refund.id.description,
        postings: [
            Posting(
                debit: .receivable(gateway), credit: refund.origin.liability, amount: refund.amount)
        ])
}

/// The gateway refuses a refund for good, so the payer gets it as balance.
func refundCreditedJournal(_ refund: PaymentRefund, to member: ID<Member>, actor: ID<Member>)
    -> Journal
{
    Journal(
        kind: "refund-credited", reference: refund.id.description, actor: actor.description,
        postings: [
            Posting(
                debit: refund.origin.liability, credit: .available(member), amount: refund.amount)
        ])
}

/// A payment of the wrong amount becomes its payer's balance.
func receiptCreditedJournal(
    _ attempt: PaymentAttempt, received: Amount, to member: ID<Member>, actor: ID<Member>
) -> Journal {
    Journal(
        kind: "receipt-credited", reference: attempt.id.description, actor: actor.description,
        postings: [Posting(debit: .suspense, credit: .available(member), amount: received)])
}

/// What was given back of a payment of the wrong amount at the gateway's own console cost nobody
/// anything: it was the payer's.
func receiptGoneJournal(_ attempt: PaymentAttempt, _ gone: Amount) -> Journal {
    Journal(
        kind: "receipt-gone", reference: attempt.id.description,
        postings: [Posting(debit: .suspense, credit: .gatewayRefunds, amount: gone)])
}

extension PaymentRefund.Origin {
    /// Where the money is owed until the refund is through; for what nobody here has promised, what it
    /// costs.
    var liability: AccountAddress {
        switch self {
        case .business: .refundsPayable
        case .late, .duplicate: .unappliedReceipts
        case .review: .suspense
        case .gateway: .gatewayRefunds
        }
    }
}

/// The house gives a member money: a promotion, or the balance a demonstration begins with.
package func giftJournal(to member: ID<Member>, _ amount: Amount, reference: String) -> Journal {
    Journal(
        kind: "gift", reference: reference,
        postings: [
            Posting(debit: "expense:promotions", credit: .available(member), amount: amount)
        ])
}

/// A gateway keeps its fee, or gives some back with a refund, as its bill says.
func gatewayFeeJournal(_ item: ReconciliationItem) -> Journal {
    Journal(
        kind: "gateway-fee", reference: item.id.description,
        postings: [
            .signed(
                item.bookedFee, debit: .gatewayFees, credit: .receivable(item.gateway))
        ])
}

/// A bill says more than our books, or less: they follow the gateway until a person has looked.
func billDifferenceJournal(_ item: ReconciliationItem) -> Journal {
    Journal(
        kind: "bill-difference", reference: item.id.description,
        postings: [.signed(item.suspended, debit: .receivable(item.gateway), credit: .suspense)])
}

/// A person has looked: what it is called from now on is for bookkeepers.
func differenceResolvedJournal(_ item: ReconciliationItem, by actor: ID<Member>) -> Journal {
    Journal(
        kind: "bill-difference-resolved", reference: item.id.description,
        actor: actor.description, memo: item.note,
        postings: [.signed(item.suspended, debit: .suspense, credit: .unidentified)])
}

extension Posting {
    /// The other way round if the amount is below zero.
    fileprivate static func signed(
        _ amount: Amount, debit: AccountAddress, credit: AccountAddress
    ) -> Posting {
        let size = Amount(Int64(amount.minorUnits.magnitude))
        return amount.isPositive
            ? Posting(debit: debit, credit: credit, amount: size)
            : Posting(debit: credit, credit: debit, amount: size)
    }
}
