import Basics
import Money
import Store
import Web

@testable import Promotions

extension Instant {
    /// A fixed instant of these tests.
    static func at(_ text: String) -> Instant { Instant(text)! }
}

extension CouponDraft {
    /// 立减 40 yuan, valid seven days from the claim; one hundred of them.
    static func sample(
        kind: CouponTerms.Kind = .amountOff, value: Int64? = 4_000, payPercent: Int64? = nil,
        minimumSpend: Int64? = nil, maxDiscount: Int64? = nil, scope: CouponScope = .all,
        quantity: Int64 = 100, perMember: Int64? = nil, claimFrom: String = "2018-06-01",
        claimUntil: String = "2018-06-30", validFrom: String? = nil, validUntil: String? = nil,
        validDays: Int64? = 7, name: String = "June"
    ) -> CouponDraft {
        CouponDraft(
            name: name, kind: kind, value: value.map { Amount($0) }, payPercent: payPercent,
            minimumSpend: minimumSpend.map { Amount($0) },
            maxDiscount: maxDiscount.map { Amount($0) }, scope: scope, quantity: quantity,
            perMember: perMember, claimFrom: Moment(claimFrom)!, claimUntil: Moment(claimUntil)!,
            validFrom: validFrom.flatMap(Moment.init), validUntil: validUntil.flatMap(Moment.init),
            validDays: validDays)
    }

    /// As `sample`, usable between two dates.
    static func dated(from: String, until: String) -> CouponDraft {
        sample(validFrom: from, validUntil: until, validDays: nil)
    }
}

let june5 = Instant.at("2018-06-05T02:00:00Z")
let anOperator = ID<Member>(rawValue: 1)
let alice = ID<Member>(rawValue: 2)
let bob = ID<Member>(rawValue: 3)

extension Problem {
    /// The fields at fault and why.
    var faults: [String] { errors.map { "\($0.pointer) \($0.code)" } }
}

/// The code of the refusal that `body` ends in; nil if it does not.
func refusal(_ body: () async throws -> Void) async throws -> String? {
    do {
        try await body()
        return nil
    } catch let problem as Problem {
        return "\(problem.kind.rawValue) \(problem.code)"
    }
}
