import Alipay
import Basics
import Ledger
import Money
import Scheduling
import Store
import WeChatPay
import Web

/// Wallet, top-ups, and everything between a payer and a gateway: the table of contents.
package struct PaymentsModule: Module {
    package let name = "payments"
    package let payments: Payments
    /// The clients that verify what gateways tell; nil where a gateway is not configured, and then its
    /// route does not exist.
    let alipay: AlipayClient?
    let weChatPay: WeChatPayClient?
    /// What a payer reads at the gateway, and in the gateway's own messages, when topping up.
    let shopName: String

    package init(
        payments: Payments, alipay: AlipayClient?, weChatPay: WeChatPayClient?, shopName: String
    ) {
        self.payments = payments
        self.alipay = alipay
        self.weChatPay = weChatPay
        self.shopName = shopName
    }

    package var migrations: [Migration] { paymentsMigrations + reconciliationMigrations }
    package var templates: EmbeddedFiles { EmbeddedFiles(Embedded.files) }
    package var jobs: [JobHandler] { payments.jobs + payments.reconciliationJobs }

    package func audit(_ snapshot: Snapshot) throws -> [String] {
        try payments.audit(snapshot)
    }
}

extension Payments {
    /// What Payments owes by its own rows must be what the ledger says it owes.
    func audit(_ snapshot: Snapshot) throws -> [String] {
        let open = try snapshot.openRefundTotals()
        var owed: [AccountAddress: Amount] = [
            .refundsPayable: .zero, .unappliedReceipts: .zero,
            .suspense: try snapshot.undecidedTotal().adding(try snapshot.suspendedTotal()),
            .gatewayFees: try Amount.zero.subtracting(try snapshot.bookedFees()),
        ]
        for (origin, amount) in open {
            owed[origin.liability] = try (owed[origin.liability] ?? .zero).adding(amount)
        }
        let checks = owed.sorted { $0.key < $1.key }
        let faults = try checks.compactMap { address, expected -> String? in
            let booked = try snapshot.balance(of: address)
            return booked == expected
                ? nil : "\(address): booked \(booked), but its rows say \(expected)"
        }
        return faults + (try auditReconciliation(snapshot))
    }

    /// - Parameter acting: whether what the payer has to do is found out, for which the gateway may
    ///   have to be called.
    func topUpView(_ id: ID<TopUp>, of member: ID<Member>, acting: Bool = true) async throws
        -> TopUpView
    {
        let view = try await database.read { snapshot -> TopUpView in
            guard let intent = try snapshot.intent(purpose: "top-up", subject: id.rawValue),
                intent.member == member
            else { throw Problem.notFound }
            return TopUpView(intent, try snapshot.attempts(of: intent.id).last, now: snapshot.now)
        }
        guard acting else { return view }
        var copy = view
        copy.payment = try await view.payment.asyncMap(withAction)
        return copy
    }
}
