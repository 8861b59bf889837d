import Alipay
import Basics
import Payments
import Web

/// A Kontor that a run plays with: opened on a database, without sockets.
package struct House: Sendable {
    /// Somebody who is logged in.
    package struct Person: Sendable {
        let id: String
        let token: String
        let refreshToken: String

        package init(id: String, token: String, refreshToken: String) {
            self.id = id
            self.token = token
            self.refreshToken = refreshToken
        }
    }

    /// Somebody to be made.
    package struct Newcomer: Sendable {
        package let name: String
        package let phone: String?
        package let password: String
        package let paymentPassword: String?
        package let isOperator: Bool
    }

    /// What is outside of Kontor, and stays when it is opened again.
    package struct Surroundings: Sendable {
        package let clock: Clock
        package let gateway: Gateway
        /// Verifies the messages of the gateway.
        package let alipay: AlipayClient
        /// Takes the codes that are sent to telephones.
        package let deliver: @Sendable (_ code: String) -> Void
    }

    package typealias Opener = @Sendable (Surroundings) async throws -> House

    let answer: @Sendable (LocalCall) async throws -> LocalAnswer
    let work: @Sendable () async throws -> Void
    let audit: @Sendable () async throws -> [String]
    let enroll: @Sendable (Newcomer) async throws -> Person
    let close: @Sendable () async -> Void
    /// When something was last booked here.
    let lastBooking: Instant?

    /// - Parameters:
    ///   - work: does all jobs that are due, one after the other.
    ///   - audit: every fault of the books and of the modules' rows.
    ///   - enroll: makes a member or an operator, logged in.
    package init(
        answer: @escaping @Sendable (LocalCall) async throws -> LocalAnswer,
        work: @escaping @Sendable () async throws -> Void,
        audit: @escaping @Sendable () async throws -> [String],
        enroll: @escaping @Sendable (Newcomer) async throws -> Person,
        close: @escaping @Sendable () async -> Void, lastBooking: Instant?
    ) {
        self.answer = answer
        self.work = work
        self.audit = audit
        self.enroll = enroll
        self.close = close
        self.lastBooking = lastBooking
    }
}

/// The keys of the simulated gateway and of the application it knows; making some takes a while.
package struct SimulationKeys: Sendable {
    let app: AlipayPrivateKey
    let gateway: AlipayPrivateKey

    package init(app: AlipayPrivateKey, gateway: AlipayPrivateKey) {
        self.app = app
        self.gateway = gateway
    }

    package static func make() throws -> SimulationKeys {
        SimulationKeys(app: try .generate(), gateway: try .generate())
    }
}
