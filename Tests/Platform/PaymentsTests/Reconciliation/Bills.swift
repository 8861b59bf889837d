import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@testable import Payments

/// What tests of reconciliation ask of a world.
extension World {
    var today: CalendarDate { BusinessCalendar.date(of: clock.now) }

    func line(
        _ payment: Payment, _ amount: Int64? = nil, fee: Int64? = nil
    ) -> GatewayBill.Line {
        line(payment.attempt.outTradeNo, amount ?? payment.attempt.amount.minorUnits, fee: fee)
    }

    func line(_ number: String, _ amount: Int64, fee: Int64? = nil) -> GatewayBill.Line {
        GatewayBill.Line(
            kind: .payment, outTradeNo: number, tradeNo: "T\(number)", amount: Amount(amount),
            fee: fee.map { Amount($0) } ?? FeeRate.standard.fee(on: Amount(amount)), at: clock.now)
    }

    func line(
        _ refund: ID<PaymentRefund>, of payment: Payment, _ amount: Int64, fee: Int64 = 0,
        _ state: GatewayBill.Line.State = .settled
    ) -> GatewayBill.Line {
        line(refund.description, of: payment, amount, fee: fee, state)
    }

    /// A refund by its number at the gateway.
    func line(
        _ number: String, of payment: Payment, _ amount: Int64, fee: Int64 = 0,
        _ state: GatewayBill.Line.State = .settled
    ) -> GatewayBill.Line {
        GatewayBill.Line(
            kind: .refund, state: state, outTradeNo: payment.attempt.outTradeNo,
            outRefundNo: number, tradeNo: "T", amount: Amount(amount),
            fee: Amount(fee), at: clock.now)
    }

    /// A top-up that has come.
    func paidTopUp(_ amount: Int64 = 1_000) async throws -> Payment {
        let payment = try await topUp(amount)
        #expect(try await receive(payment, amount) == .settled)
        return payment
    }

    func says(_ lines: [GatewayBill.Line], of day: CalendarDate) throws {
        bank.says(bill: .bill(try GatewayBill(lines: lines)), of: day)
    }

    /// Reconciles a day, whatever the time is.
    @discardableResult
    func reconcile(_ day: CalendarDate, again: Bool = false) async throws -> ReconciliationRun {
        let isDone = try await payments.reconcile(bank.gateway, day, again: again)
        #expect(isDone)
        return try await run(day)
    }

    func run(_ day: CalendarDate) async throws -> ReconciliationRun {
        let run = try await database.read { try $0.reconciliationRun("bank", day) }
        return try #require(run)
    }

    func items(
        _ finding: ReconciliationItem.Finding? = nil, _ status: ReconciliationItem.Status? = nil
    ) async throws -> [ReconciliationItem] {
        try await database.read { snapshot in
            try snapshot.reconciliationItems(
                ItemFilter(finding: finding, status: status), PageRequest(limit: 100)
            ).items.reversed()
        }
    }

    func findings() async throws -> [ReconciliationItem.Finding: Int] {
        Dictionary(grouping: try await items(), by: \.finding).mapValues(\.count)
    }

    func setFrozen(_ isFrozen: Bool, _ address: AccountAddress) async throws {
        try await database.write { tx in try tx.setFrozen(isFrozen, address) }
    }

    /// Everything that a second run must not add to.
    func rows() async throws -> [Int] {
        try await database.read { snapshot in
            [
                try snapshot.journals(PageRequest(limit: 100)).items.count,
                try snapshot.reconciliationItems(ItemFilter(), PageRequest(limit: 100)).items.count,
                Int(try snapshot.reconciliationRunCount(of: nil)),
            ]
        }
    }

    /// What the gateway owes us, our fees and what is in suspense.
    func books() async throws -> [Int64] {
        [
            try await balance(.receivable("bank")), try await balance(.gatewayFees),
            try await balance(.suspense),
        ]
    }
}
