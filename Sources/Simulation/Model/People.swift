/// Somebody with an account: 0 to 3 are there when the run begins, the others register.
struct Person: Equatable {
    static let firstPassword = "correct horse battery"

    /// As it is written down, `m0-{space}`.
    var name: String
    /// `{phone 3}`.
    var phone: Int?
    var password = Person.firstPassword
    var login = LockOut()
    var payment = PaymentPassword()
    /// An operator has locked them out.
    var isBarred = false
    var invitedBy: Int?
    var lastLogIn: Int?
    /// What they have logged in with last, over or not.
    var session: Int?
}

/// What somebody is logged in with: an access token, and one to get the next with. Both end by the clock
/// that nobody moves.
struct LogInSession: Equatable {
    var person: Int
    /// How often new tokens were fetched.
    private(set) var rotation = 0
    private(set) var accessEnds: Int
    private(set) var ends: Int
    var isOver = false

    init(person: Int, at unmoved: Int) {
        self.person = person
        accessEnds = Self.accessEnd(unmoved)
        ends = unmoved + .days(30)
    }

    mutating func renew(at unmoved: Int) {
        rotation += 1
        accessEnds = Self.accessEnd(unmoved)
        ends = unmoved + .days(30)
    }

    func isGood(at unmoved: Int) -> Bool { !isOver && unmoved < ends }

    /// A token says in whole seconds when it ends.
    private static func accessEnd(_ unmoved: Int) -> Int {
        (unmoved + .minutes(15)) / .seconds(1) * .seconds(1)
    }
}

/// Wrong secrets in a row; the fifth locks for a quarter of an hour.
struct LockOut: Equatable {
    private(set) var failures = 0
    private(set) var until = 0

    /// - Returns: how many tries are left.
    mutating func fail(at now: Int) -> Int {
        failures += 1
        guard failures == 5 else { return 5 - failures }
        failures = 0
        until = now + .minutes(15)
        return 0
    }

    func isOn(at now: Int) -> Bool { now < until }
}

/// What is asked for before much money leaves a wallet.
struct PaymentPassword: Equatable {
    static let first = "246810"

    var secret: String? = PaymentPassword.first
    var lock = LockOut()

    mutating func verify(_ typed: String?, at now: Int) throws(Refusal) {
        guard let typed else { throw .rule("payment-password-required") }
        guard let secret else { throw .conflict("payment-password-not-set") }
        guard !lock.isOn(at: now) else { throw Refusal(423, "payment-password-locked") }
        guard typed != secret else {
            lock = LockOut()
            return
        }
        let left = lock.fail(at: now)
        throw Refusal.rule("payment-password-wrong", [("attemptsLeft", .int(left))]).kept
    }
}

extension Model {
    /// Those whom a run finds there: all have a phone but 2, and all a payment password but 3.
    static func residents(_ count: Int) -> [Person] {
        (0..<count).map { number in
            var person = Person(name: "m\(number)-{space}", phone: number == 2 ? nil : number)
            if number == count - 1 { person.payment.secret = nil }
            person.lastLogIn = 0
            person.session = number
            return person
        }
    }

    /// What `member 3` or `session 5` is logged in with; nil for those who always are: `boss`, `clerk`.
    func session(of actor: String) -> Int? {
        let words = actor.split(separator: " ")
        guard words.count == 2, let number = Int(words[1]) else { return nil }
        return words[0] == "session" ? number : people[number].session
    }

    func isLoggedIn(_ actor: String?) -> Bool {
        guard let actor, actor.contains(" ") else { return true }
        guard let session = session(of: actor).map({ sessions[$0] }) else { return false }
        return session.isGood(at: unmoved) && unmoved < session.accessEnds
    }

    /// - Throws: what anybody is told whose token is no good.
    func checkLogIn(of actor: String?) throws(Refusal) {
        guard isLoggedIn(actor) else { throw Refusal(401, "not-logged-in") }
    }

    /// Ends everything that somebody is logged in with.
    mutating func endSessions(of person: Int) {
        for number in sessions.indices where sessions[number].person == person {
            sessions[number].isOver = true
        }
    }

    func profile(of number: Int) -> [(String, Reply.Value)] {
        let person = people[number]
        return [
            ("id", .text("{member \(number)}")), ("username", .text(person.name)),
            ("phone", person.phone.map { .text("{phone \($0)}") } ?? .nothing),
            ("status", .text(person.isBarred ? "locked" : "active")),
            ("inviteCode", .text("{invite \(number)}")),
            ("hasPaymentPassword", .flag(person.payment.secret != nil)),
            ("lastLoginAt", person.lastLogIn.map { .time($0) } ?? .nothing),
        ]
    }
}
