import Basics
import Ledger
import Money
import Scheduling
import Store
import Web

/// What a business gives to Payments so that it can be paid: what happens to its object when money
/// comes, fails to come, or goes back. All of it runs inside Payments' transactions.
package protocol PaymentPurpose: Sendable {
    /// As stored on the intent: `order`, `top-up`.
    var name: String { get }
    /// How the business object is named outside.
    func id(_ subject: Int64) -> String
    /// The page on which a payer sees what became of it.
    func page(_ subject: Int64) -> String
    /// Locks the business object, which comes before its payment in the order of locks.
    func lock(_ subject: Int64, in tx: Transaction) throws
    /// Whether the business still waits for this money. The object's state decides, not the clock:
    /// late by seconds is still paid (commerce D10).
    func accepts(_ payment: Payment, in tx: Transaction) throws -> Bool
    /// The money is here: book it, and give what was bought.
    func settle(_ payment: Payment, in tx: Transaction) throws
    /// The gateway has closed an attempt unpaid.
    func attemptEnded(_ payment: Payment, in tx: Transaction) throws
}

/// The one way in and out for gateway money: intents, attempts, refunds.
package struct Payments: Sendable {
    package let database: Database
    let gateways: [String: Gateway]
    let purposes: [String: any PaymentPurpose]
    let payerAccounts: PayerAccounts
    private let feeRates: [String: FeeRate]

    /// - Parameters:
    ///   - purposes: one per kind of business object that can be paid; top-ups are known.
    ///   - payerAccounts: who members are at the gateways that want to know.
    ///   - feeRates: what gateways take, where it is not the usual rate.
    package init(
        database: Database, gateways: [Gateway], purposes: [any PaymentPurpose],
        payerAccounts: @escaping PayerAccounts = { _, _, _ in nil },
        feeRates: [String: FeeRate] = [:]
    ) {
        self.feeRates = feeRates
        self.database = database
        self.payerAccounts = payerAccounts
        self.gateways = Dictionary(uniqueKeysWithValues: gateways.map { ($0.name, $0) })
        let all = purposes + [TopUpPurpose()]
        self.purposes = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    }

    func gateway(_ name: String, channel: String) throws -> (Gateway, Gateway.Channel) {
        guard let gateway = gateways[name] else {
            throw Problem.gatewayNotAvailable.at("/gateway")
        }
        guard let channel = gateway.channel(channel) else {
            throw Problem.channelNotAvailable.at("/channel")
        }
        return (gateway, channel)
    }

    /// Whether anybody has ever begun to pay in a database, which may be a new one.
    package static func hasBegun(in database: Database) async throws -> Bool {
        guard let first = paymentsMigrations.first, try await database.has(first) else {
            return false
        }
        return try await database.read { try $0.hasAttempts() }
    }

    /// - Throws: `gateway-not-available`, `channel-not-available`.
    package func checkAvailable(_ name: String, channel: String) throws {
        _ = try gateway(name, channel: channel)
    }

    func purpose(of intent: PaymentIntent) throws -> any PaymentPurpose {
        guard let purpose = purposes[intent.purpose] else {
            throw StoreError.unavailable("no business is running for \(intent.purpose)")
        }
        return purpose
    }

    func feeRate(of gateway: String) -> FeeRate { feeRates[gateway] ?? .standard }

    /// Names of the gateways that can be chosen here.
    package var gatewayNames: [String] { gateways.keys.sorted() }

    /// How a gateway is paid by somebody who does not say.
    package func usualChannel(of gateway: String) -> String {
        gateways[gateway]?.channels.first?.name ?? "page"
    }

    /// The first of these channels that a gateway has.
    package func channel(of gateway: String, among wanted: [String]) -> String? {
        wanted.first { gateways[gateway]?.channel($0) != nil }
    }
}
