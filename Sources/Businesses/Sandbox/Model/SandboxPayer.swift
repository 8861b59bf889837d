import Basics

/// The one payer there is, at both gateways.
enum SandboxPayer {
    /// The payment password. Cashiers have it filled in: nobody is kept out, and whoever wants to see a
    /// wrong one refused changes it.
    static let password = "111111"

    /// - Throws: `sandbox-payer-password`.
    static func check(password: String?) throws(Problem) {
        guard password == Self.password else { throw .sandboxPayerPassword }
    }
}

/// Why a cashier, pressed to pay, took no money; the page that follows says it.
enum CashierFailure: String, CaseIterable {
    case password, balance

    /// nil for what is no failure of the payer's.
    init?(_ problem: Problem) {
        switch problem {
        case .sandboxPayerPassword: self = .password
        case .sandboxPayerShort: self = .balance
        default: return nil
        }
    }
}
