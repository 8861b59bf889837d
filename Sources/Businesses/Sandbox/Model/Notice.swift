import Alipay
import Basics
import Store

/// One message to the merchant about a trade, sent again until the merchant acknowledges it.
struct Notice: Entity, Hashable, Sendable {
    static let prefix = "sbn"
    /// Alipay's own: eight tries in about 25 hours.
    static let cadence: [Duration] = [
        .minutes(4), .minutes(10), .minutes(10), .hours(1), .hours(2), .hours(6), .hours(15),
    ]
    /// The merchant's answer, to the byte.
    static let acknowledgement = Array("success".utf8)

    enum State: String, SQLText {
        case pending, acknowledged
        /// Eight tries, and never acknowledged.
        case givenUp = "given-up"
    }

    let id: ID<Notice>
    let tradeID: ID<SandboxTrade>
    let url: String
    /// What is told, without the time of sending and the signature, which differ from try to try.
    let form: String
    var state: State
    var tries: Int
    var nextTryAt: Instant?
    let createdAt: Instant

    /// Counts a try that begins now and says when the next would be.
    mutating func countTry(at now: Instant) {
        tries += 1
        nextTryAt = tries <= Self.cadence.count ? now + Self.cadence[tries - 1] : nil
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
        /// There was an answer, but not `success`.
        case refused
        /// There was no answer.
        case failed
        /// Lost on purpose.
        case dropped
        /// The address is not one the sandbox may post to.
        case forbidden
    }

    let id: ID<Delivery>
    let noticeID: ID<Notice>
    let outcome: Outcome
    let httpStatus: Int?
    let answer: String
    let deliveredAt: Instant
}
