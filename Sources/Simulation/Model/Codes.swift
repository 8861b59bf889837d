/// A code that was sent to a phone: good once, for five minutes, for its purpose, with five tries, and
/// until the next one is sent.
struct SentCode: Equatable {
    enum Purpose: String, CaseIterable {
        case register, login
        case resetPassword = "reset-password"
        case paymentPassword = "payment-password"
    }

    var phone: Int
    var purpose: Purpose
    var sentAt: Int
    var wrongTries = 0
    var isUsed = false

    var expiresAt: Int { sentAt + .minutes(5) }
}

/// What somebody types where a code is asked for.
enum TypedCode: Equatable {
    /// What was sent, by its number in the run.
    case sent(Int)
    /// That one with another last digit.
    case wrong(Int)

    var text: String {
        switch self {
        case .sent(let number): "{code \(number)}"
        case .wrong(let number): "{wrong \(number)}"
        }
    }
}

extension Model {
    /// - Parameter phone: nil is a number that is none.
    mutating func sendCode(to phone: Int?, for purpose: SentCode.Purpose) throws(Refusal) -> Reply {
        codes.append(SentCode(phone: try known(phone), purpose: purpose, sentAt: now))
        return Reply(202)
    }

    func known(_ phone: Int?) throws(Refusal) -> Int {
        guard let phone else { throw .rule("phone-invalid") }
        return phone
    }

    /// Uses a code up. A wrong one counts, and what has happened before it stays.
    mutating func use(_ typed: TypedCode, of phone: Int, for purpose: SentCode.Purpose)
        throws(Refusal)
    {
        let newest = codes.lastIndex { $0.phone == phone && $0.purpose == purpose }
        guard let newest, !codes[newest].isUsed else { throw .rule("verification-code-wrong") }
        guard codes[newest].wrongTries < 5 else { throw Refusal(423, "verification-code-locked") }
        guard now < codes[newest].expiresAt else { throw .rule("verification-code-expired") }
        guard typed == .sent(newest) else {
            codes[newest].wrongTries += 1
            throw Refusal.rule("verification-code-wrong").kept
        }
        codes[newest].isUsed = true
    }
}
