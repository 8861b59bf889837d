import Basics
import Ledger
import Money
import Scheduling
import Store

/// What a gateway says about one refund; verified.
package struct RefundNews: Sendable, Hashable {
    package enum State: Sendable { case succeeded, closed, abnormal }

    /// The payment it belongs to.
    package var receipt: Receipt
    /// The refund's number at the gateway: ours, or one that the gateway's console made.
    package var number: String
    package var amount: Amount
    package var state: State
}

/// What a gateway says about all refunds of a payment together; verified.
package struct RefundTotal: Sendable, Hashable {
    /// The payment they belong to.
    package var receipt: Receipt
    package var refunded: Amount
    /// The number of the last one, if it is told.
    package var number: String?
}

package enum RefundOutcome: String, Sendable, Hashable {
    /// One of ours, and now it is done.
    case settled = "refund-settled"
    /// One of ours: its own job asks what has become of it.
    case asked = "refund-asked"
    /// Nobody here had asked for it; it is in the books now.
    case foreign = "refund-by-gateway"
    /// All of a payment of which nothing was known here: it came and went.
    case cameAndWent = "came-and-went"
    case alreadyKnown = "already-known"
    case needsReview = "needs-review"
    case unknownTrade = "unknown-trade"
}

// The books follow the gateway: what it has given back is booked, whoever asked for it.
extension Payments {
    /// News of one refund, from a gateway that numbers them all.
    func receive(_ news: RefundNews, in tx: Transaction) throws -> RefundOutcome {
        // What was closed, or reaches nobody, has not gone back: then the payment is only late news.
        let gone = news.state == .succeeded ? news.amount : .zero
        if try cameAndWent(news.receipt, refunded: gone, number: news.number, in: tx) {
            return .cameAndWent
        }
        guard var attempt = try lockPaid(news.receipt, in: tx) else { return .unknownTrade }
        guard attempt.status.hasMoney else { return .alreadyKnown }
        if let id = ID<PaymentRefund>(news.number), var refund = try tx.lockRefund(id),
            refund.attemptID == attempt.id
        {
            return try receive(news, about: &refund, of: &attempt, in: tx)
        }
        guard news.state == .succeeded else { return .alreadyKnown }
        return try book(news.amount, of: attempt, number: news.number, in: tx)
    }

    private func receive(
        _ news: RefundNews, about refund: inout Locked<PaymentRefund>,
        of attempt: inout Locked<PaymentAttempt>, in tx: Transaction
    ) throws -> RefundOutcome {
        guard refund.amount == news.amount else { return .needsReview }
        switch (news.state, refund.status) {
        case (.succeeded, .credited),
            (.succeeded, .succeeded) where refund.foreignNumber != nil:
            // Its payer has it already, as balance or by hand: the gateway has paid it a second time.
            return try book(news.amount, of: attempt, number: news.number, in: tx)
        case (_, .succeeded): return .alreadyKnown
        case (.succeeded, _):
            try settle(&refund, as: .succeeded, of: &attempt, in: tx)
            return .settled
        case (.closed, let status) where status.isUnderWay,
            (.abnormal, let status) where status.isUnderWay:
            // It may be older than what we know: the gateway is asked.
            try tx.schedule("payment-refund", refund.id.description, at: tx.now)
            return .asked
        case (.closed, _), (.abnormal, _): return .alreadyKnown
        }
    }

    /// News of a sum of refunds, from a gateway that tells no more. What is neither ours nor may be
    /// ours is somebody else's.
    func receive(_ news: RefundTotal, in tx: Transaction) throws -> RefundOutcome {
        let number = news.number ?? PaymentRefund.number(ofTotal: news.refunded)
        if try cameAndWent(news.receipt, refunded: news.refunded, number: number, in: tx) {
            return .cameAndWent
        }
        guard var attempt = try lockPaid(news.receipt, in: tx) else { return .unknownTrade }
        guard attempt.status.hasMoney else { return .alreadyKnown }
        // Messages may overtake each other, but a sum of refunds only grows.
        attempt.refundedTotal = max(attempt.refundedTotal ?? .zero, news.refunded)
        try tx.save(attempt)

        let own = news.number.flatMap { ID<PaymentRefund>($0) }
        if let own, var refund = try tx.lockRefund(own), refund.attemptID == attempt.id {
            if refund.status.isRefused {
                // It has been done after all, says the gateway; it is asked how.
                refund.status = .unknown
                try tx.save(refund)
            }
            if refund.status.isUnderWay {
                try tx.schedule("payment-refund", own.description, at: tx.now)
                return .asked
            }
            return try bookForeignRefund(of: attempt, number: nil, in: tx)
        }
        return try bookForeignRefund(of: attempt, number: news.number, in: tx)
    }

    /// Books the part of all refunds that none of ours explains. While one of ours is under way nobody
    /// can tell whether it is in the sum: then it is left for when that is known.
    @discardableResult
    func bookForeignRefund(
        of attempt: Locked<PaymentAttempt>, number: String?, in tx: Transaction
    ) throws -> RefundOutcome {
        guard let refunded = attempt.refundedTotal else { return .alreadyKnown }
        let all = try tx.refunds(of: attempt.id)
        guard !all.contains(where: \.status.isUnderWay) else { return .alreadyKnown }
        let known = try all.filter { $0.status == .succeeded }.map(\.amount).total()
        guard known < refunded else { return .alreadyKnown }
        // Without a number of its own it is told from others by what the sum had come to.
        let isFree = number.map { number in !all.contains { $0.foreignNumber == number } } ?? false
        let name = isFree ? number : nil
        return try book(
            try refunded.subtracting(known), of: attempt,
            number: name ?? PaymentRefund.number(ofTotal: refunded), in: tx)
    }

    /// Keeps and posts a refund that was made at the gateway, once.
    ///
    /// Where the gateway has refused just as much to us, somebody has done it there by hand: then it is
    /// ours that is done, and no longer owed. Any other nobody here has asked for.
    func book(
        _ amount: Amount, of attempt: Locked<PaymentAttempt>, number: String, in tx: Transaction
    ) throws -> RefundOutcome {
        let known = try tx.refunds(of: attempt.id)
        guard amount.isPositive, !known.contains(where: { $0.foreignNumber == number }) else {
            return .alreadyKnown
        }
        if let refused = known.first(where: { $0.status == .failed && $0.amount == amount }),
            var ours = try tx.lockRefund(refused.id), ours.status == .failed
        {
            ours.status = .succeeded
            ours.detail = nil
            ours.settledAt = tx.now
            ours.foreignNumber = number
            try tx.save(ours)
            try tx.post(refundPaidJournal(ours.value, gateway: attempt.gateway))
            return .settled
        }
        let refund = PaymentRefund(
            id: .make(), attemptID: attempt.id, amount: amount, reason: "made at the gateway",
            origin: .gateway, status: .succeeded, detail: nil, createdAt: tx.now,
            settledAt: tx.now, foreignNumber: number)
        try tx.insert(refund)
        try tx.post(refundPaidJournal(refund, gateway: attempt.gateway))
        return .foreign
    }

    /// One of ours is refused. If somebody has given back just as much at the gateway since we asked for
    /// it, that was ours, done by hand: what was booked as theirs is ours, and no longer owed.
    func matchConsoleRefund(
        _ ours: inout Locked<PaymentRefund>, of attempt: Locked<PaymentAttempt>, in tx: Transaction
    ) throws {
        let found = try tx.refunds(of: attempt.id).first {
            $0.origin == .gateway && $0.status == .succeeded && $0.amount == ours.amount
                && $0.createdAt >= ours.createdAt
                // What has been paid once more under a number of ours is no other refund.
                && ID<PaymentRefund>($0.outRequestNo) == nil
        }
        guard let found, let theirs = try tx.lockRefund(found.id) else { return }
        try tx.post(refundMatchedJournal(theirs.value, gateway: attempt.gateway))
        try tx.replace(theirs, by: ours.id)
        ours.status = .succeeded
        ours.detail = nil
        ours.settledAt = theirs.settledAt
        ours.foreignNumber = theirs.foreignNumber
        try tx.post(refundPaidJournal(ours.value, gateway: attempt.gateway))
    }

    /// The attempt, paid: news of a refund may overtake those of the payment.
    /// - Returns: nil if there is no such attempt.
    private func lockPaid(_ receipt: Receipt, in tx: Transaction) throws
        -> Locked<PaymentAttempt>?
    {
        guard let known = try tx.attempt(gateway: receipt.gateway, outTradeNo: receipt.outTradeNo)
        else { return nil }
        if !known.status.hasMoney { _ = try receive(receipt, in: tx) }
        return try tx.lockAttempt(known.id)
    }

    /// Takes in a payment of which we learn when all of it has gone back.
    /// - Returns: false if that is not so.
    private func cameAndWent(
        _ receipt: Receipt, refunded: Amount, number: String, in tx: Transaction
    ) throws -> Bool {
        guard refunded.isPositive, refunded >= receipt.amount,
            let known = try tx.attempt(gateway: receipt.gateway, outTradeNo: receipt.outTradeNo),
            !known.status.hasMoney
        else { return false }
        return try receive(receipt, returnedAs: number, in: tx) == .cameAndWent
    }
}

extension PaymentAttempt.Status {
    /// Whether its money is in our books.
    var hasMoney: Bool { self == .paid || self == .needsReview }
}

extension PaymentRefund {
    private static let totalPrefix = "total-"

    /// The name of a refund of which only the sum is told to which it brings all of them together.
    static func number(ofTotal total: Amount) -> String { "\(totalPrefix)\(total.minorUnits)" }

    /// The name of what is left of such a sum when one of its refunds is told apart.
    static func number(ofRest id: ID<PaymentRefund>) -> String { "\(totalPrefix)\(id)" }

    /// Whether it has such a name, and its real number is not known.
    var isUnnumbered: Bool { foreignNumber?.hasPrefix(Self.totalPrefix) ?? false }
}
