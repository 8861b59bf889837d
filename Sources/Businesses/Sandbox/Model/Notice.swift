import Basics
import Store

/// One message to the merchant about a trade, sent again until the merchant acknowledges it.
struct Notice: Entity, Hashable, Sendable {
    static let prefix = "sbn"

    enum State: String, SQLText {
        case pending, acknowledged
        /// Kept back until the next notice about the same trade has gone out.
        case held
        /// All tries are over, and it was never acknowledged.
        case givenUp = "given-up"
    }

    let id: ID<Notice>
    let gateway: SandboxGateway
    let outTradeNo: String
    let url: String
    /// What is told, without what differs from try to try: for Alipay the form without the time of
    /// sending and the signature, for WeChat Pay the JSON that will be encrypted.
    let content: String
    var state: State
    var tries: Int
    var nextTryAt: Instant?
    let createdAt: Instant

    /// Counts a try that begins now and says when the next would be.
    ///
    /// - Parameter cadence: the pauses between the gateway's tries.
    mutating func countTry(at now: Instant, cadence: [Duration]) {
        state = .pending
        tries += 1
        nextTryAt = tries <= cadence.count ? now + cadence[tries - 1] : nil
    }

    mutating func settle(acknowledged: Bool) {
        if acknowledged {
            state = .acknowledged
            nextTryAt = nil
        } else if state == .pending, nextTryAt == nil {
            state = .givenUp
        }
    }
}

/// One try to hand a notice over.
struct Delivery: Entity, Hashable, Sendable {
    static let prefix = "sbd"

    enum Outcome: String, SQLText {
        case acknowledged
        /// There was an answer, but not the one that acknowledges.
        case refused
        /// There was no answer.
        case failed
        /// Lost on purpose.
        case dropped
        /// The address is not one the sandbox may post to.
        case forbidden
        /// The merchant took a probe, whose signature is false, for genuine.
        case probeAccepted = "probe-accepted"
    }

    let id: ID<Delivery>
    let noticeID: ID<Notice>
    let outcome: Outcome
    let httpStatus: Int?
    let answer: String
    let deliveredAt: Instant
}
