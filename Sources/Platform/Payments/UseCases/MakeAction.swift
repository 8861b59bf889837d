import Basics
import Store

extension Payments {
    /// Adds what the payer has to do, after the attempt has been committed and outside of any
    /// transaction: it is signed, or the gateway is called for it.
    ///
    /// What a gateway answered is kept, so that a repeated request and a page that is loaded again get
    /// the same and call nobody, until it gets too old to be used. Where the gateway cannot be reached
    /// the attempt stays open with nothing to do, and whoever asks next tries again: with the same
    /// content under the same number, which opens no second trade.
    package func withAction(_ view: PaymentView) async throws -> PaymentView {
        guard view.status.isLive else { return view }
        guard let gateway = gateways[view.gateway] else {
            var view = view
            view.actionProblem = .gatewayUnreachable
            return view
        }
        guard let payment = try await database.read({ try $0.payment(view.id) })
        else { return view }
        var view = view
        let isCall = gateway.channel(view.channel)?.isCall ?? false
        do {
            if isCall {
                let attempt = try await called(payment, gateway)
                view.status = attempt.status.isLive ? attempt.status : view.status.told
                view.action = attempt.action
            } else {
                view.action = try await gateway.action(payment, payment.attempt.payer)
            }
        } catch let failure as ActionFailure {
            let status = try await note(failure, on: payment.attempt)
            view.status = status ?? view.status
            view.actionProblem = view.status.isLive ? failure.problem : nil
        }
        return view
    }

    /// The attempt with an action that can be used, if it is open; as it was, if it is not.
    private func called(_ payment: Payment, _ gateway: Gateway) async throws -> PaymentAttempt {
        let known = payment.attempt
        let now = database.clock.now
        if known.action?.isFresh(at: now) == true || !known.status.isLive
            || now >= known.timeExpire
        {
            return known
        }
        let action = try await gateway.action(payment, known.payer)
        return try await database.write { tx in
            guard var attempt = try tx.lockAttempt(known.id), attempt.status.isLive else {
                return try tx.attempt(known.id) ?? known
            }
            // Of two that asked at once, both get what the first one was given.
            if attempt.action?.isFresh(at: tx.now) != true { attempt.action = action }
            attempt.status = .submitted
            attempt.detail = nil
            try tx.save(attempt)
            return attempt.value
        }
    }

    /// - Returns: how the attempt stands now; nil if that was not looked at.
    private func note(_ failure: ActionFailure, on attempt: PaymentAttempt) async throws
        -> PaymentAttempt.Status?
    {
        switch failure {
        case .busy: return nil
        case .unknown(let why):
            return try await change(attempt.id) { attempt in
                attempt.status = .unknown
                attempt.detail = why
            }
        case .refused(let why):
            // Only if nothing has ever got through is a refusal the end of it.
            if attempt.status == .created { return try await fail(attempt, why) }
            return try await change(attempt.id) { $0.detail = why }
        case .taken(let why):
            _ = try await change(attempt.id) { $0.detail = why }
            _ = try await resolve(attempt.id, close: false)
            return try await database.read { try $0.attempt(attempt.id)?.status }
        }
    }

    private func change(
        _ id: ID<PaymentAttempt>, _ body: @escaping @Sendable (inout PaymentAttempt) -> Void
    ) async throws -> PaymentAttempt.Status? {
        try await database.write { tx in
            guard var attempt = try tx.lockAttempt(id) else { return nil }
            if attempt.status.isLive {
                body(&attempt.value)
                try tx.save(attempt)
            }
            return attempt.status
        }
    }
}

extension PaymentAttempt.Status {
    /// What a repeated request is answered about an attempt that the gateway has been told of since:
    /// the same as at first.
    fileprivate var told: PaymentAttempt.Status { self == .created ? .submitted : self }
}

extension ActionFailure {
    fileprivate var problem: ActionProblem {
        switch self {
        case .unknown, .busy: .gatewayUnreachable
        case .refused, .taken: .gatewayRefused
        }
    }
}
