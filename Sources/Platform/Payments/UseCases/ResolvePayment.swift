import Basics
import Money
import Scheduling
import Store

/// What is known of an attempt after the gateway was asked.
package enum Resolution: Sendable, Hashable {
    case paid
    /// No money can come any more.
    case closed
    /// Ended here; the address handed out stays payable for a while, and such money is given back.
    case closing
    case waiting
    /// The gateway gave no answer that can be relied on. Ask again later.
    case unknown
}

extension Payments {
    /// Asks the gateway how an attempt stands and applies the answer.
    ///
    /// - Parameter close: ends the attempt if it is not paid, and asks once more after it has been
    ///   closed: closing and paying may have crossed. A trade that the gateway does not know (no payer
    ///   has opened the cashier) cannot be closed there: it counts as `closing` until its own time has
    ///   passed.
    package func resolve(_ id: ID<PaymentAttempt>, close: Bool) async throws -> Resolution {
        guard let attempt = try await database.read({ try $0.attempt(id) }) else { return .closed }
        switch attempt.status {
        case .paid, .needsReview: return .paid
        case .closed, .failed: return .closed
        case .created, .submitted, .unknown, .closing: break
        }
        guard let gateway = gateways[attempt.gateway] else { return .unknown }
        var isClosed = false
        if close {
            switch await gateway.close(attempt) {
            case .closed: isClosed = true
            case .notExist: return try await end(attempt, known: false)
            case .unknown: return try await markUnknown(attempt)
            case .paid: break  // the query tells how much
            }
        }
        switch await gateway.query(attempt) {
        case .paid(let tradeNo, let amount):
            let receipt = Receipt(
                gateway: attempt.gateway, outTradeNo: attempt.outTradeNo, tradeNo: tradeNo,
                amount: amount)
            _ = try await database.write { [self] tx in try receive(receipt, in: tx) }
            return .paid
        case _ where isClosed: return try await end(attempt, known: true)
        case .closed: return try await end(attempt, known: true)
        case .waiting: return .waiting
        case .notExist:
            let now = database.clock.now
            return now >= attempt.timeExpire ? try await end(attempt, known: true) : .waiting
        case .unknown: return try await markUnknown(attempt)
        }
    }

    /// Ends an attempt unpaid.
    /// - Parameter known: whether the gateway itself says that no money can come.
    private func end(_ attempt: PaymentAttempt, known: Bool) async throws -> Resolution {
        try await database.write { [self] tx in
            // A notify may have been faster than our question.
            let status = try end(attempt, in: tx) { attempt in
                guard attempt.status.isUnsettled else { return nil }
                return known || tx.now >= attempt.timeExpire ? .closed : .closing
            }
            switch status {
            case .paid, .needsReview: return .paid
            case .closing: return .closing
            default: return .closed
            }
        }
    }

    /// Ends an attempt of which the gateway never had anything but said no.
    /// - Returns: how it stands then.
    func fail(_ attempt: PaymentAttempt, _ why: String) async throws -> PaymentAttempt.Status? {
        try await database.write { [self] tx in
            try end(attempt, in: tx) { attempt in
                attempt.detail = why
                return attempt.status == .created ? .failed : nil
            }
        }
    }

    /// - Parameter decide: how it ends; nil if it does not.
    private func end(
        _ attempt: PaymentAttempt, in tx: Transaction,
        _ decide: (inout PaymentAttempt) -> PaymentAttempt.Status?
    ) throws -> PaymentAttempt.Status? {
        guard let foundIntent = try tx.intent(attempt.intentID) else { return nil }
        let purpose = try purpose(of: foundIntent)
        try purpose.lock(foundIntent.subject, in: tx)
        guard let intent = try tx.lockIntent(foundIntent.id),
            var attempt = try tx.lockAttempt(attempt.id)
        else { return nil }
        guard let ending = decide(&attempt.value) else { return attempt.status }
        attempt.status = ending
        try tx.save(attempt)
        if !ending.isUnsettled { try tx.unschedulePoll(of: attempt.value) }
        try purpose.attemptEnded(Payment(intent: intent.value, attempt: attempt.value), in: tx)
        return ending
    }

    private func markUnknown(_ attempt: PaymentAttempt) async throws -> Resolution {
        try await database.write { tx in
            guard var attempt = try tx.lockAttempt(attempt.id) else { return .closed }
            if attempt.status.isLive {
                attempt.status = .unknown
                try tx.save(attempt)
            }
            return .unknown
        }
    }
}

extension Transaction {
    /// When the gateway is asked if it does not tell by itself: often at first, then rarely.
    private static let pollDelays: [Int64] = [5, 15, 30, 60, 180, 600, 1_800, 3_600]

    /// Schedules the next question about an attempt. Whatever the round, it is asked when its time is
    /// over, and when it is to be closed.
    func schedulePoll(of attempt: PaymentAttempt, round: Int) throws {
        let delay = Self.pollDelays[min(round, Self.pollDelays.count - 1)]
        let turns = [attempt.timeExpire + .seconds(1), attempt.pollEnd].filter { $0 > now }
        try schedule(
            "payment-poll", attempt.id.description,
            at: turns.reduce(now + .seconds(delay), min), payload: String(round))
    }

    func unschedulePoll(of attempt: PaymentAttempt) throws {
        try unschedule("payment-poll", attempt.id.description)
    }
}

extension PaymentAttempt {
    /// Money that was on its way when the time was over has arrived by then: what the gateway still
    /// holds open is closed.
    var pollEnd: Instant { timeExpire + .minutes(15) }
}
