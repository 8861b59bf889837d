import Basics
import Money
import Store
import Web

/// A business obligation to pay: one order, one top-up. It stays the same however often its payer
/// tries.
package struct PaymentIntent: Entity, Sendable {
    package static let prefix = "int"

    package enum Status: String, SQLText, Codable, CaseIterable {
        case open, succeeded, ended
        /// A genuine payment that does not fit what was asked for; a person decides.
        case needsReview = "needs-review"
    }

    package var id: ID<PaymentIntent>
    /// Which `PaymentPurpose` it belongs to, and the number of its business object.
    package var purpose: String
    package var subject: Int64
    package var member: ID<Member>
    /// What the payer reads at the gateway.
    package var title: String
    package var amount: Amount
    package var status: Status
    package var createdAt: Instant
    package var expiresAt: Instant
}

/// One try to pay an intent: one trade at one gateway, under a number of ours that is never used
/// again.
package struct PaymentAttempt: Entity, Sendable {
    package static let prefix = "att"

    /// A timeout is `unknown`, never `failed`: only the gateway's word ends an attempt.
    package enum Status: String, SQLText, Codable, CaseIterable {
        case created, submitted, paid, unknown
        /// Closed here, but the address handed out stays payable until `timeExpire`.
        case closing
        case closed, failed
        case needsReview = "needs-review"

        /// Whether money may still come for which the business waits.
        package var isLive: Bool { [.created, .submitted, .unknown].contains(self) }
        /// Whether the gateway still has to be asked.
        package var isUnsettled: Bool { isLive || self == .closing }
        static let unsettled = allCases.filter(\.isUnsettled)
    }

    /// What became of money that arrived.
    package enum Disposition: String, SQLText, Codable, CaseIterable {
        case settled
        /// Came after its intent had ended: given back by itself.
        case late
        /// The intent was already paid by another attempt: given back by itself.
        case duplicate
        /// The amount did not fit, and a person sent it back or put it into the payer's balance.
        case returned, credited
    }

    package var id: ID<PaymentAttempt>
    package var intentID: ID<PaymentIntent>
    package var gateway: String
    package var channel: String
    package var amount: Amount
    package var outTradeNo: String
    package var status: Status
    package var disposition: Disposition?
    /// The gateway's own number of the trade, once it has one.
    package var tradeNo: String?
    /// Fen that came, where it is not what was asked for.
    package var received: Amount?
    package var createdAt: Instant
    /// After it the gateway takes no payment; never later than the intent's end.
    package var timeExpire: Instant
    package var payer = PayerContext()
    /// What the gateway gave the payer to do, where it had to be called for that.
    package var action: PaymentAction?
    /// Why it gave nothing, in its own words.
    package var detail: String?
    /// All refunds of this payment together, as the gateway told last; nil if it never did.
    package var refundedTotal: Amount?
}

extension ID<PaymentIntent> {
    /// The intent of a business object: there is one for each, and it has the same number.
    package static func of(_ subject: Int64) -> Self { Self(rawValue: subject) }
}

/// An intent with one of its attempts.
package struct Payment: Sendable {
    package var intent: PaymentIntent
    package var attempt: PaymentAttempt
}

/// Money on its way back to where it came from.
package struct PaymentRefund: Entity, Sendable {
    package static let prefix = "rfd"

    package enum Status: String, SQLText, Codable, CaseIterable {
        case requested, succeeded
        /// The gateway has accepted it, and is not done yet.
        case submitted
        /// The gateway refuses it. The debt stays until a person sends it again or credits it.
        case failed
        /// The gateway has accepted it and cannot reach the payer (the card is closed). As `failed`.
        case abnormal
        /// Sent, and nobody can tell yet; asked again under the same number, never a new one.
        case unknown
        /// Put into the payer's balance instead.
        case credited

        /// Whether the gateway is still to be asked.
        var isUnderWay: Bool { [.requested, .submitted, .unknown].contains(self) }
        static let underWay = allCases.filter(\.isUnderWay)
        /// Whether a person has to decide what becomes of it.
        var isRefused: Bool { self == .failed || self == .abnormal }
    }

    /// Which account the refund clears when the gateway has paid it.
    package enum Origin: String, SQLText, Codable, CaseIterable {
        case business, late, duplicate, review
        /// Nobody here asked for it: it was made at the gateway's own console, or paid after it had
        /// been credited here.
        case gateway
    }

    package var id: ID<PaymentRefund>
    package var attemptID: ID<PaymentAttempt>
    package var amount: Amount
    package var reason: String
    package var origin: Origin
    package var status: Status
    /// Why the gateway has not paid it, in the gateway's words.
    package var detail: String?
    package var createdAt: Instant
    package var settledAt: Instant?
    /// Its number at the gateway, where it is not ours.
    package var foreignNumber: String?

    /// The refund's number at the gateway.
    package var outRequestNo: String { foreignNumber ?? id.description }
}

extension PaymentAttempt {
    /// Random and unguessable, at most 32 characters of `[A-Za-z0-9_]`: fits both gateways.
    static func newOutTradeNo() -> String {
        let high = Int64.random(in: 0...Int64.max)
        let low = Int64.random(in: 0...Int64.max)
        return "K\(Base32.encode(high))\(Base32.encode(low))".uppercased()
    }
}
