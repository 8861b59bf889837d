import Basics
import Store

extension Transaction {
    /// The code of a phone and purpose. A row is made first where there is none, so that two requests
    /// at once wait for each other instead of both being the first.
    func lockCode(_ phone: PhoneNumber, _ purpose: CodePurpose) throws -> Locked<VerificationCode> {
        let none = VerificationCode(phone: phone, purpose: purpose, at: now)
        try run(
            """
            INSERT INTO verification_code
                (phone, purpose, nonce, sent_at, wrong_tries, is_used, sent, window_start)
            VALUES (\(phone), \(purpose), \(none.nonce), \(none.sentAt), 0, \(none.isUsed), 0,
                \(none.windowStart))
            ON CONFLICT DO NOTHING
            """)
        return try existingCode(phone, purpose) ?? .inserted(none)
    }

    /// nil if none was ever sent.
    func existingCode(_ phone: PhoneNumber, _ purpose: CodePurpose) throws
        -> Locked<VerificationCode>?
    {
        try lock(
            """
            SELECT phone, purpose, nonce, sent_at, wrong_tries, is_used, sent, window_start
            FROM verification_code WHERE phone = \(phone) AND purpose = \(purpose)
            """, VerificationCode.init)
    }

    func save(_ code: Locked<VerificationCode>) throws {
        try run(
            """
            UPDATE verification_code SET nonce = \(code.nonce), sent_at = \(code.sentAt),
                wrong_tries = \(code.wrongTries), is_used = \(code.isUsed), sent = \(code.sent),
                window_start = \(code.windowStart)
            WHERE phone = \(code.phone) AND purpose = \(code.purpose)
            """)
    }
}

extension VerificationCode {
    init(row: Row) throws {
        phone = try row[0]
        purpose = try row[1]
        nonce = try row[2]
        sentAt = try row[3]
        wrongTries = try row[4]
        isUsed = try row[5]
        sent = try row[6]
        windowStart = try row[7]
    }
}
