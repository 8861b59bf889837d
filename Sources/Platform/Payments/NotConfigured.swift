import Basics
import Store

/// Why nobody can be asked about a payment or refund that is open.
enum OpenProblem: String, Codable, CaseIterable, Sendable {
    /// Its gateway has been taken out of the configuration.
    case gatewayNotConfigured = "gateway-not-configured"
}

/// What is open at a gateway that is not configured here.
package struct OpenElsewhere: Hashable, Sendable {
    package let gateway: String
    /// Tries to pay that may have been paid, for all that is known here.
    package let attempts: Int64
    /// Refunds that may not have been done.
    package let refunds: Int64
}

// Of a gateway that is taken out of the configuration nobody knows what was paid there. Nothing is
// given up for that: what it has open waits, and is settled when the gateway is configured again.

extension Payments {
    /// What is open at gateways that are not configured here, by name.
    package func openElsewhere() async throws -> [OpenElsewhere] {
        try await database.read { try openElsewhere(in: $0) }
    }

    func openElsewhere(in snapshot: Snapshot) throws -> [OpenElsewhere] {
        let attempts = try snapshot.openAttemptCounts()
        let refunds = try snapshot.openRefundCounts()
        return Set(attempts.keys).union(refunds.keys).filter { gateways[$0] == nil }.sorted()
            .map { gateway in
                OpenElsewhere(
                    gateway: gateway, attempts: attempts[gateway] ?? 0,
                    refunds: refunds[gateway] ?? 0)
            }
    }

    func problem(of attempt: PaymentAttempt) -> OpenProblem? {
        attempt.status.isUnsettled && gateways[attempt.gateway] == nil
            ? .gatewayNotConfigured : nil
    }

    func problem(of refund: PaymentRefund, at gateway: String) -> OpenProblem? {
        refund.status.isUnderWay && gateways[gateway] == nil ? .gatewayNotConfigured : nil
    }

    /// Everybody's tries to pay, from new to old.
    func attempts(
        in status: PaymentAttempt.Status?, with problem: OpenProblem?, page: PageRequest,
        in snapshot: Snapshot
    ) throws -> Page<OperatorAttemptView> {
        let wanted = status.map { [$0] } ?? PaymentAttempt.Status.allCases
        let found =
            switch problem {
            case nil: try snapshot.attempts(in: status.map { [$0] }, page: page)
            case .gatewayNotConfigured:
                try snapshot.attempts(
                    in: wanted.filter(\.isUnsettled),
                    at: try openElsewhere(in: snapshot).map(\.gateway), page: page)
            }
        return try found.map { try operatorView($0, in: snapshot) }
    }

    /// Everybody's refunds, from new to old.
    func refunds(
        in status: PaymentRefund.Status?, from origin: PaymentRefund.Origin?,
        with problem: OpenProblem?, page: PageRequest, in snapshot: Snapshot
    ) throws -> Page<OperatorRefundView> {
        let wanted = status.map { [$0] } ?? PaymentRefund.Status.allCases
        let found =
            switch problem {
            case nil: try snapshot.refunds(in: status.map { [$0] }, from: origin, page: page)
            case .gatewayNotConfigured:
                try snapshot.refunds(
                    in: wanted.filter(\.isUnderWay), from: origin,
                    at: try openElsewhere(in: snapshot).map(\.gateway), page: page)
            }
        return try found.map { try operatorView($0, in: snapshot) }
    }
}

extension Payments {
    /// When a gateway that gives no answer is asked again: soon, and more and more rarely the longer
    /// it has been silent. An account that cannot cover a thousand refunds, or a gateway that is not
    /// configured, is not asked about each of them every few seconds.
    /// - Parameter since: when it was first to answer.
    package static func patience(since: Instant, at now: Instant) -> Duration {
        min(max((now - since) / 2, .seconds(5)), .minutes(10))
    }
}
