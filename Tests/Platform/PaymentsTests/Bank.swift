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
        var asked: [String] = []
    }
    private let state = Mutex(State())

    func says(trade: Gateway.TradeState) { state.withLock { $0.trade = trade } }
    func says(close: Gateway.CloseResult) { state.withLock { $0.close = close } }
    func says(refunds: Gateway.RefundResult...) { state.withLock { $0.refunds = refunds } }

    func says(bill: Gateway.BillResult, of day: CalendarDate) {
        state.withLock { $0.bills[day] = bill }
    }

    /// `query`, `close`, `refund <number>`, `bill <day>`, in the order in which they came.
    var asked: [String] { state.withLock { $0.asked } }

    var gateway: Gateway {
        Gateway(
            name: "bank", channels: ["page"],
            action: {
                PaymentAction(kind: .redirect, url: "https://bank/\($0.attempt.outTradeNo)")
            },
            query: { _ in self.answer("query") { $0.trade } },
            close: { _ in self.answer("close") { $0.close } },
            refund: { _, refund in
                self.answer("refund \(refund.outRequestNo)") { state in
                    state.refunds.count > 1 ? state.refunds.removeFirst() : state.refunds[0]
                }
            }, bill: { day in self.answer("bill \(day)") { $0.bills[day] ?? .notThere } })
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
        Payments(database: database, gateways: [bank.gateway], purposes: [])
    }

    /// The same house, while the bank is not set up.
    var withoutBank: Payments { Payments(database: database, gateways: [], purposes: []) }

    /// Opens a top-up: the business that Payments has of its own.
    func topUp(_ amount: Int64 = 1_000) async throws -> Payment {
        try await database.write { tx in
            try payments.topUp(
                Amount(amount), gateway: "bank", channel: "page", by: member, title: "Top-up",
                in: tx)
        }
    }

    /// What the bank tells about an attempt.
    func receive(_ payment: Payment, _ amount: Int64 = 1_000) async throws -> ReceiptOutcome {
        try await database.write { tx in
            try payments.receive(
                Receipt(
                    gateway: "bank", outTradeNo: payment.attempt.outTradeNo, tradeNo: "t",
                    amount: Amount(amount)), in: tx)
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

/// The code of the problem that `body` ends with; nil if it succeeds.
func refusal<Value>(_ body: () async throws -> Value) async throws -> String? {
    do {
        _ = try await body()
        return nil
    } catch let problem as Problem {
        return problem.code
    }
}
