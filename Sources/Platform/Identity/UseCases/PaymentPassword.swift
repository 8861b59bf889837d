import Basics
import CryptoExtras
import Store
import Synchronization
import Web

extension Identity {
    /// Sets the payment password, or a new one, by a code sent to the member's phone.
    package func setPaymentPassword(of member: ID<Member>, code: String, to new: String)
        async throws
    {
        try PasswordRules.checkPayment(new)
        let profile = try await database.read { try $0.profile(of: member) }
        guard let phone = profile?.phone else { throw Problem.phoneMissing }
        let proof = try await proof(code: code, phone: phone, purpose: .paymentPassword)
        let hash = try await hasher.hash(new)
        try await database.write { tx in
            try tx.use(proof)
            guard var locked = try tx.lockMember(member) else { throw Problem.notFound }
            locked.paymentPasswordHash = hash
            locked.payment.clear()
            try tx.save(locked)
        }
    }

    /// Sets it without a code: for demo data only.
    package func seedPaymentPassword(of member: ID<Member>, to new: String) async throws {
        let hash = try await hasher.hash(new)
        try await database.write { tx in
            guard var locked = try tx.lockMember(member) else { throw Problem.notFound }
            locked.paymentPasswordHash = hash
            try tx.save(locked)
        }
    }
}

/// Verifies payment passwords before money moves.
///
/// scrypt takes as long as a hundred transfers, so it runs once per session; for a quarter of an hour
/// the password is then known by an HMAC with a key that exists in this process only. The lock-out
/// counts and stops both ways.
package final class PaymentPasswords: Sendable {
    private static let memory = Duration.minutes(15)
    private static let capacity = 20_000

    private let database: Database
    private let hasher: PasswordHasher
    private let key = SymmetricKey(size: .bits256)
    private let turns = Turns<ID<Member>>()
    private let known = Mutex<[ID<Session>: (mark: [UInt8], until: Instant)]>([:])

    init(database: Database, hasher: PasswordHasher) {
        self.database = database
        self.hasher = hasher
    }

    /// Returns if `password` is the payment password of the session's member.
    /// - Throws: `payment-password-not-set`, `-wrong` (with `attemptsLeft`), `-locked`, or
    ///   `-required` if there is none.
    package func verify(_ password: String?, _ session: Session) async throws {
        guard let password else { throw Problem.paymentPasswordRequired }
        let member = session.memberID
        try await turns.run(member) {
            let now = database.clock.now
            let record = try await database.read { try $0.record(of: member) }
            guard let record, let hash = record.paymentPasswordHash else {
                throw Problem.paymentPasswordNotSet
            }
            try record.payment.check(at: now, .paymentPasswordLocked)
            // With the hash in it, the mark is worthless once the password is another.
            let mark = mark(session.id, hash, password)
            if !isKnown(session.id, mark, at: now) {
                guard try await hasher.verify(password, hash) else { throw try await wrong(member) }
                try await checkAgain(member, comparedWith: hash)
                remember(session.id, mark, until: now + Self.memory)
            }
            if !record.payment.isClear { try await clear(member) }
        }
    }

    /// Comparing is slow: another node may have counted the last wrong one meanwhile, or changed the
    /// password.
    private func checkAgain(_ member: ID<Member>, comparedWith hash: String) async throws {
        let (record, now) = try await database.read { (try $0.record(of: member), $0.now) }
        try record?.payment.check(at: now, .paymentPasswordLocked)
        guard record?.paymentPasswordHash == hash else { throw Problem.paymentPasswordWrong }
    }

    private func wrong(_ member: ID<Member>) async throws -> Problem {
        try await database.write { tx in
            var problem = Problem.paymentPasswordWrong
            guard var locked = try tx.lockMember(member) else { return problem }
            try locked.payment.check(at: tx.now, .paymentPasswordLocked)
            locked.payment.countFailure(at: tx.now)
            try tx.save(locked)
            problem.parameters["attemptsLeft"] = .number(
                Int64(locked.payment.triesLeft(at: tx.now)))
            return problem
        }
    }

    private func clear(_ member: ID<Member>) async throws {
        try await database.write { tx in
            guard var locked = try tx.lockMember(member) else { return }
            locked.payment.clear()
            try tx.save(locked)
        }
    }

    private func mark(_ session: ID<Session>, _ hash: String, _ password: String) -> [UInt8] {
        let content = Array("\(session) \(hash) \(password)".utf8)
        return Array(HMAC<SHA256>.authenticationCode(for: content, using: key))
    }

    private func isKnown(_ session: ID<Session>, _ mark: [UInt8], at now: Instant) -> Bool {
        known.withLock { known in
            guard let entry = known[session], now < entry.until else { return false }
            return constantTimeEqual(entry.mark, mark)
        }
    }

    private func remember(_ session: ID<Session>, _ mark: [UInt8], until: Instant) {
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[session] = (mark, until)
        }
    }
}
