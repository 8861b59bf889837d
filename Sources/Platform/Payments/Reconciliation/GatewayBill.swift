import Basics
import Money
import Store

/// What a gateway says it did for us on one of its days, in words that are the same for all
/// gateways.
package struct GatewayBill: Sendable, Hashable {
    package enum Kind: String, SQLText, Codable, CaseIterable {
        case payment, refund
    }

    /// One payment or one refund.
    package struct Line: Sendable, Hashable {
        package enum State: String, SQLText, Codable, CaseIterable {
            case settled
            /// A refund that the gateway has accepted; our own question tells how it ends.
            case pending
            /// A refund that came to nothing.
            case failed
        }

        package var kind: Kind
        package var state: State
        package var outTradeNo: String
        /// Empty for payments.
        package var outRefundNo: String
        package var tradeNo: String
        /// Fen that are settled: received for a payment, given back by a refund; never below zero.
        package var amount: Amount
        /// Fen that the gateway takes; below zero where it gives back.
        package var fee: Amount
        package var at: Instant

        package init(
            kind: Kind, state: State = .settled, outTradeNo: String, outRefundNo: String = "",
            tradeNo: String, amount: Amount, fee: Amount, at: Instant
        ) {
            self.kind = kind
            self.state = state
            self.outTradeNo = outTradeNo
            self.outRefundNo = outRefundNo
            self.tradeNo = tradeNo
            self.amount = amount
            self.fee = fee
            self.at = at
        }

        /// Fen by which the gateway owes us more because of this line, before its fee.
        func change() throws -> Amount {
            switch (kind, state) {
            case (_, .failed): .zero
            case (.payment, _): amount
            case (.refund, _): try Amount.zero.subtracting(amount)
            }
        }
    }

    /// What a bill says its lines add up to.
    package struct Totals: Sendable, Hashable {
        package var payments: Amount
        package var refunds: Amount
        package var fees: Amount

        package init(payments: Amount, refunds: Amount, fees: Amount) {
            self.payments = payments
            self.refunds = refunds
            self.fees = fees
        }
    }

    /// In the bill's order.
    package let lines: [Line]
    /// How many more there are that could not be read. They are trades all the same.
    package let unread: Int
    package let totals: Totals

    /// - Parameter told: what the bill itself says, where it does; compared unless lines are
    ///   missing.
    /// - Throws: `GatewayBillFault` if the lines do not add up to it, or to any sum at all.
    package init(lines: [Line], unread: Int = 0, told: Totals? = nil) throws {
        let totals: Totals
        do {
            totals = Totals(
                payments: try lines.filter { $0.kind == .payment }.map(\.amount).total(),
                refunds: try lines.filter { $0.kind == .refund }.map(\.amount).total(),
                fees: try lines.map(\.fee).total())
        } catch { throw GatewayBillFault.tooMuch }
        if let told, unread == 0, told != totals {
            throw GatewayBillFault.totals(told: told, found: totals)
        }
        guard lines.allSatisfy({ $0.amount >= .zero }) else { throw GatewayBillFault.negative }
        self.lines = lines
        self.unread = unread
        self.totals = totals
    }

    /// The bill of a day on which nothing happened.
    package static let empty = GatewayBill()

    private init() {
        lines = []
        unread = 0
        totals = Totals(payments: .zero, refunds: .zero, fees: .zero)
    }
}

/// A bill that contradicts itself: nothing of it is believed.
package enum GatewayBillFault: Error, Hashable, Sendable {
    case totals(told: GatewayBill.Totals, found: GatewayBill.Totals)
    /// More than 64 bits hold.
    case tooMuch
    /// A line with an amount below zero.
    case negative
}

extension Gateway {
    package enum BillResult: Sendable, Hashable {
        case bill(GatewayBill)
        /// There is none: it is too early, or there was nothing to put into one. Gateways do not
        /// tell the two apart.
        case notThere
        case unknown(String)
    }
}
