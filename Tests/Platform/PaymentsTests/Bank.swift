import Basics
import Ledger
import Logging
import Money
import Scheduling
import Store
import Synchronization
import TestKit
import Testing
import Web

@testable import Payments

/// A gateway that says what it was told to say, and remembers what it was asked.
final class Bank: Sendable {
    private struct State {
        var trade = Gateway.TradeState.waiting
        var close = Gateway.CloseResult.closed
        /// Said one after the other; the last one again and again.
        var refunds = [Gateway.RefundResult.succeeded]
        var bills: [CalendarDate: Gateway.BillResult] = [:]
        /// Why it gives payers nothing to do; nil if it does.
        var failure: ActionFailure?
        var actions = 0
        var payers: [PayerContext] = []
        var asked: [String] = []
    }
    private let state = Mutex(State())

    func says(trade: Gateway.TradeState) { state.withLock { $0.trade = trade } }
    func says(close: Gateway.CloseResult) { state.withLock { $0.close = close } }
    func says(refunds: Gateway.RefundResult...) { state.withLock { $0.refunds = refunds } }

    func says(bill: Gateway.BillResult, of day: CalendarDate) {
        state.withLock { $0.bills[day] = bill }
    }

    func says(failure: ActionFailure?) { state.withLock { $0.failure = failure } }

    /// What was known of the payers for whom it was called.
    var payers: [PayerContext] { state.withLock { $0.payers } }

    /// `action`, `query`, `close`, `refund <number>`, `bill <day>`, in the order in which they came.
    var asked: [String] { state.withLock { $0.asked } }

    var gateway: Gateway {
        Gateway(
            name: "bank",
            channels: [
                "page", Gateway.Channel("native", isCall: true),
                Gateway.Channel("h5", isCall: true, need: .address),
                Gateway.Channel("jsapi", isCall: true, need: .account),
            ],
            action: { payment, payer in try self.act(payment, payer) },
            query: { _ in self.answer("query") { $0.trade } },
            close: { _ in self.answer("close") { $0.close } },
            refund: { _, refund in
                self.answer("refund \(refund.outRequestNo)") { state in
                    state.refunds.count > 1 ? state.refunds.removeFirst() : state.refunds[0]
                }
            }, bill: { day in self.answer("bill \(day)") { $0.bills[day] ?? .notThere } })
    }

    /// Computed for its page; for the others it is called, and gives another code each time.
    private func act(_ payment: Payment, _ payer: PayerContext) throws -> PaymentAction {
        let attempt = payment.attempt
        guard attempt.channel != "page" else {
            return PaymentAction(kind: .redirect, url: "https://bank/\(attempt.outTradeNo)")
        }
        return try state.withLock { state in
            state.asked.append("action")
            state.payers.append(payer)
            if let failure = state.failure { throw failure }
            state.actions += 1
            return .qr(
                "bank:\(attempt.outTradeNo)/\(state.actions)",
                expiresAt: attempt.createdAt + .minutes(5 * Int64(state.actions)))
        }
    }

    private func answer<Value: Sendable>(
        _ question: String, _ answer: @Sendable (inout State) -> Value
    ) -> Value {
        state.withLock { state in
            state.asked.append(question)
            return answer(&state)
        }
    }
}

/// Payments on a fresh database, beside one bank. What it books is audited when a test is over.
struct World: Sendable {
    let database: Database
    let clock: TestClock
    let bank = Bank()
    let member = ID<Member>(rawValue: 7)

    static func on(
        _ engine: TestEngine, with others: [Migration] = [],
        _ body: (World) async throws -> Void
    ) async throws {
        let clock = TestClock()
        let migrations =
            ledgerMigrations + schedulingMigrations + WebModule().migrations + paymentsMigrations
            + reconciliationMigrations + others
        try await withDatabase(engine, migrations: migrations, clock: clock.clock) { database in
            let world = World(database: database, clock: clock)
            try await body(world)
            let faults = try await database.read { try world.payments.audit($0) }
            #expect(faults == [])
            let audit = try await database.read { try LedgerAudit.run($0) }
            #expect(audit.fault == nil)
        }
    }

    var payments: Payments {
        Payments(
            database: database, gateways: [bank.gateway], purposes: [Pledge()],
            payerAccounts: { [member] gateway, payer, _ in
                gateway == "bank" && payer == member ? "account-7" : nil
            })
    }

    /// The same house, while the bank is not set up.
    var withoutBank: Payments { Payments(database: database, gateways: [], purposes: []) }

    /// Opens a top-up: the business that Payments has of its own.
    func topUp(
        _ amount: Int64 = 1_000, channel: String = "page", payer: PayerContext = PayerContext()
    ) async throws -> Payment {
        try await database.write { tx in
            try payments.topUp(
                Amount(amount), gateway: "bank", channel: channel, by: member, title: "Top-up",
                payer: payer, in: tx)
        }
    }

    /// Opens a try to pay a pledge, which is waited for only as long as it is open.
    func pledge(_ subject: Int64 = 1, _ amount: Int64 = 1_000) async throws -> Payment {
        let expiresAt = clock.now + .minutes(30)
        return try await database.write { tx in
            try payments.open(
                Payments.Demand(
                    purpose: "pledge", subject: subject, member: member, title: "Pledge",
                    amount: Amount(amount), expiresAt: expiresAt),
                gateway: "bank", channel: "page", in: tx)
        }
    }

    /// The payment as its payer sees it now.
    func view(_ payment: Payment) async throws -> PaymentView {
        let attempt = try await database.read { try $0.attempt(payment.attempt.id) }
        return try await payments.withAction(PaymentView(attempt ?? payment.attempt))
    }

    /// What the bank tells about an attempt.
    func receive(_ payment: Payment, _ amount: Int64 = 1_000) async throws -> ReceiptOutcome {
        try await database.write { tx in
            try payments.receive(
                receipt(payment, amount), in: tx)
        }
    }

    /// Promises a refund of a paid top-up, as a business does.
    func refund(_ payment: Payment, _ amount: Int64) async throws -> ID<PaymentRefund> {
        try await database.write { tx in
            let refund = try payments.refund(
                intent: payment.intent.id, amount: Amount(amount), reason: "test", in: tx)
            let promise = Posting(
                debit: .available(member), credit: .refundsPayable, amount: Amount(amount))
            try tx.post(
                Journal(kind: "promise", reference: refund.description, postings: [promise]))
            return refund
        }
    }

    /// Runs what is due, `seconds` from now.
    func work(_ payments: Payments? = nil, after seconds: Int64 = 0) async throws {
        clock.advance(by: .seconds(seconds))
        let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
        let worker = JobWorker(
            database: database,
            handlers: (payments ?? self.payments).jobs
                + (payments ?? self.payments).reconciliationJobs, logger: silent)
        try await worker.runDue()
    }

    func attempt(_ payment: Payment) async throws -> PaymentAttempt.Status? {
        try await database.read { try $0.attempt(payment.attempt.id)?.status }
    }

    func refunds(_ payment: Payment) async throws -> [PaymentRefund] {
        try await database.read { try $0.refunds(of: payment.attempt.id) }
    }

    /// What the bank tells about the sum of all refunds of a payment.
    @discardableResult
    func tell(_ payment: Payment, refunded: Int64, number: String? = nil, of amount: Int64 = 1_000)
        async throws -> RefundOutcome
    {
        let news = RefundTotal(
            receipt: receipt(payment, amount), refunded: Amount(refunded), number: number)
        return try await database.write { tx in try payments.receive(news, in: tx) }
    }

    /// What the bank tells about one refund.
    @discardableResult
    func tell(_ payment: Payment, _ state: RefundNews.State, _ number: String, _ amount: Int64)
        async throws -> RefundOutcome
    {
        let news = RefundNews(
            receipt: receipt(payment, 1_000), number: number, amount: Amount(amount), state: state)
        return try await database.write { tx in try payments.receive(news, in: tx) }
    }

    private func receipt(_ payment: Payment, _ amount: Int64) -> Receipt {
        Receipt(
            gateway: "bank", outTradeNo: payment.attempt.outTradeNo, tradeNo: "t",
            amount: Amount(amount))
    }

    func status(_ refund: ID<PaymentRefund>) async throws -> PaymentRefund.Status? {
        try await database.read { try $0.refund(refund)?.status }
    }

    func balance(_ address: AccountAddress) async throws -> Int64 {
        try await database.read { try $0.balance(of: address).minorUnits }
    }

    func job(_ kind: String, _ key: String) async throws -> Job? {
        try await database.read { try $0.openJob(kind, key) }
    }
}

/// A business that waits for money until it gives up, and keeps what comes in the member's balance.
struct Pledge: PaymentPurpose {
    let name = "pledge"

    func id(_ subject: Int64) -> String { "plg_\(subject)" }
    func page(_ subject: Int64) -> String { "/pledges/\(subject)" }
    func lock(_ subject: Int64, in tx: Transaction) throws {}
    func accepts(_ payment: Payment, in tx: Transaction) throws -> Bool {
        payment.intent.status == .open
    }
    func settle(_ payment: Payment, in tx: Transaction) throws {
        try tx.post(topUpJournal(payment))
    }
    func attemptEnded(_ payment: Payment, in tx: Transaction) throws {}

    /// It is too late: nobody waits any more.
    static func giveUp(_ payment: Payment, _ world: World) async throws {
        try await world.database.write { tx in
            if var intent = try tx.lockIntent(payment.intent.id) {
                intent.status = .ended
                try tx.save(intent)
            }
        }
    }
}

/// The code of the problem that `body` ends with; nil if it succeeds.
func refusal<Value>(_ body: () async throws -> Value) async throws -> String? {
    do {
        _ = try await body()
        return nil
    } catch let problem as Problem {
        return problem.code
    }
}
