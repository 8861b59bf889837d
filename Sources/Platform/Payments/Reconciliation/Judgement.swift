import Money

/// What our books hold under the numbers of a bill's line.
enum OurSide: Sendable {
    case nothing
    /// A payment; of a refund's line, the one that it was taken from, where the refund is unknown.
    case payment(PaymentAttempt)
    case refund(PaymentRefund)
    /// Refunds made at the gateway of which messages told no more than the sum; the line is one of
    /// them.
    case sum(PaymentRefund)
}

/// What a line tells that we did not know, and how it is to be taken in before the two are
/// compared.
enum BillNews: Hashable, Sendable {
    case none
    /// An attempt that we hold for unpaid: received as from a notification.
    case payment
    /// A refund of ours that the gateway has paid: settled as by our own question.
    case refund
    /// One that nobody here has asked for: kept and booked as from a notification.
    case foreignRefund
    /// One of several that are booked as a sum: told apart from the others.
    case partOfSum
}

/// What comes of comparing a line with our side.
struct Judgement: Hashable, Sendable {
    var finding: ReconciliationItem.Finding
    var isOpen: Bool
    /// Fen that we hold for paid or refunded; nil if we know nothing of it.
    var ours: Amount?
    /// Fen by which the bill says more than our books do.
    var difference: Amount
}

extension GatewayBill.Line {
    func news(for ours: OurSide) -> BillNews {
        switch (ours, kind) {
        case (.payment(let attempt), .payment):
            return attempt.status == .paid || attempt.status == .needsReview ? .none : .payment
        case (.payment(let attempt), .refund):
            return isForeign && attempt.status.hasMoney ? .foreignRefund : .none
        case (.refund(let refund), .refund):
            // Its payer has it as balance already: the gateway has paid it a second time.
            if refund.status == .credited { return isForeign ? .foreignRefund : .none }
            let isOpen = refund.status.isUnderWay || refund.status.isRefused
            return isOpen && state == .settled && refund.amount == amount ? .refund : .none
        case (.sum, .refund): return .partOfSum
        default: return .none
        }
    }

    /// Whether money has gone back by it, whoever wanted that.
    private var isForeign: Bool { state != .failed && amount.isPositive }

    /// Compares the line with our side as it is after its news was taken in.
    /// - Parameters:
    ///   - learned: what became of the news, if it was any.
    ///   - isRepeated: whether a line of these numbers has been judged before.
    func judgement(
        against ours: OurSide, learned: ReconciliationItem.Outcome?, isRepeated: Bool,
        rate: FeeRate
    ) throws -> Judgement {
        let known = held(ours)
        if isRepeated {
            // Nothing of it is booked: a gateway does one thing once.
            return Judgement(finding: .duplicate, isOpen: true, ours: known, difference: .zero)
        }
        guard let known else {
            return Judgement(
                finding: .missingHere, isOpen: true, ours: nil, difference: try change())
        }
        let booked = kind == .payment ? known : try Amount.zero.subtracting(known)
        let difference = try change().subtracting(booked)
        if let learned, difference.isZero {
            return Judgement(
                finding: learned == .needsReview ? .different : .missingHere, isOpen: false,
                ours: .zero, difference: .zero)
        }
        if !difference.isZero {
            return Judgement(
                finding: .different, isOpen: true, ours: known, difference: difference)
        }
        if !rate.accepts(self) {
            return Judgement(finding: .fee, isOpen: true, ours: known, difference: .zero)
        }
        return Judgement(finding: .matched, isOpen: false, ours: known, difference: .zero)
    }

    /// Fen that our books have, or will have once our own question is answered; nil if we know
    /// nothing of it.
    private func held(_ ours: OurSide) -> Amount? {
        switch (ours, kind) {
        case (.payment(let attempt), .payment):
            switch attempt.status {
            case .paid: return attempt.amount
            case .needsReview: return attempt.received ?? .zero
            default: return .zero
            }
        case (.refund(let refund), .refund):
            if refund.status == .succeeded { return refund.amount }
            // What is under way will be booked when our own question is answered.
            return refund.status.isUnderWay && state != .failed ? refund.amount : .zero
        default: return nil
        }
    }
}
