import Basics
import Store
import Web

/// What is known of whoever pays, besides which member it is. It is kept with the attempt: to ask
/// the gateway again is to ask for exactly the same.
package struct PayerContext: Sendable, Hashable {
    /// The IP address from which the payer came, as this server sees it.
    package var address: String?
    /// Who the payer is at the gateway: WeChat's openid in our application.
    package var account: String?

    package init(address: String? = nil, account: String? = nil) {
        self.address = address.flatMap { Self.isAddress($0) ? $0 : nil }
        self.account = account
    }

    /// Not whatever stands for an address where there is none.
    private static func isAddress(_ text: String) -> Bool {
        text.utf8.count <= 45 && text.contains { $0 == "." || $0 == ":" }
            && text.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
    }
}

/// Never in a log: the address and the account are personal data.
extension PayerContext: CustomStringConvertible, CustomReflectable {
    package var description: String { "PayerContext(hidden)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Finds who a member is at a gateway; nil if nobody has told.
package typealias PayerAccounts =
    @Sendable (_ gateway: String, _ member: ID<Member>, _ snapshot: Snapshot) throws -> String?
