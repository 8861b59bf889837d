import Basics
import Store
import Web

/// Attempts that stand in a command's way until their gateway has been asked. Not a refusal: the
/// transaction is undone, nothing is kept under its idempotency key, and the command runs again.
package struct AttemptsOpen: Error {
    let ids: [ID<PaymentAttempt>]
}

/// Attempts whose gateways one command has asked.
package struct AskedAttempts: Sendable {
    fileprivate var ids: Set<ID<PaymentAttempt>> = []
}

extension Payments {
    /// Runs a command that ends or replaces a payment. Its transaction decides, under the lock of the
    /// business object and after a look at its idempotency key, whether anything is to be done at all; only
    /// then are the attempts that it names closed at their gateways, and it runs again.
    ///
    /// So a repeated request is replayed without a question to anybody, and can close no attempt
    /// that its first run has opened.
    /// - Parameter command: calls `Transaction.requireEnded` where it has found nothing else wrong.
    /// - Throws: `gateway-unreachable` if a gateway cannot say whether it was paid, and
    ///   `payment-in-progress` if somebody opens attempts as fast as they are closed: nothing has
    ///   changed then.
    package func askingFirst<Result>(
        _ command: (AskedAttempts) async throws -> Result
    ) async throws -> Result {
        var asked = AskedAttempts()
        for _ in 0..<3 {
            do {
                return try await command(asked)
            } catch let open as AttemptsOpen {
                for id in open.ids {
                    let resolution = try await resolve(id, close: true)
                    if resolution == .unknown || resolution == .waiting {
                        throw Problem.gatewayUnreachable
                    }
                    asked.ids.insert(id)
                }
            }
        }
        throw Problem.paymentInProgress
    }
}

extension Transaction {
    /// Makes sure that no money can come for a business object any more, as far as its gateways know.
    /// The object must be locked.
    /// - Throws: `AttemptsOpen`, for `Payments.askingFirst`.
    package func requireEnded(purpose: String, subject: Int64, asked: AskedAttempts) throws {
        guard let intent = try intent(purpose: purpose, subject: subject) else { return }
        // What is `closing` was ended here before; it is asked once more, in case it was paid.
        let open = try attempts(of: intent.id).filter {
            $0.status.isLive || $0.status.isUnsettled && !asked.ids.contains($0.id)
        }
        if !open.isEmpty { throw AttemptsOpen(ids: open.map(\.id)) }
    }
}
