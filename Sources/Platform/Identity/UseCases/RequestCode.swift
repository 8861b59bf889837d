import Basics
import CryptoExtras
import Foundation
import Scheduling
import Store
import Web

extension Identity {
    /// Sends a new code to a phone; the one before it is dead.
    ///
    /// It is sent at once, so that the person does not wait for a poll; a job stands by in case that
    /// fails or the process dies in between.
    package func requestCode(
        phone: PhoneNumber, purpose: CodePurpose, locale: AppLocale = .zhHans
    ) async throws {
        let isLimited = options.limitsCodes
        let nonce = SymmetricKey(size: .bits128).bytes
        let order = CodeOrder(
            phone: phone.text, purpose: purpose, nonce: nonce, locale: locale.rawValue)
        let payload = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        try await database.write { tx in
            var code = try tx.lockCode(phone, purpose)
            try code.value.renew(nonce: nonce, at: tx.now, limited: isLimited)
            try tx.save(code)
            try tx.schedule(CodeOrder.job, order.key, at: tx.now + .seconds(15), payload: payload)
        }
        do {
            try await send(order)
        } catch let problem as Problem {
            throw problem
        } catch {
            // The provider did not take it; the job tries again.
            return
        }
        try await database.write { tx in try tx.unschedule(CodeOrder.job, order.key) }
    }

    /// Sends what was ordered, unless it is too late for it or a newer code has replaced it.
    func send(_ order: CodeOrder) async throws {
        let key = try await keyring.keys().codes
        let phone = try PhoneNumber(order.phone)
        let waiting = try await database.write { tx in
            try tx.existingCode(phone, order.purpose).flatMap { code in
                code.nonce == order.nonce && tx.now < code.expiresAt ? tx.now : nil
            }
        }
        guard let now = waiting else { return }
        let digits = CodeProof.digits(phone, order.purpose, order.nonce, key)
        let text = messages.text(
            "sms.\(order.purpose.rawValue)", AppLocale(tag: order.locale) ?? .zhHans,
            ["code": .text(digits)])
        try await sms.send(
            SMSMessage(phone: phone, purpose: order.purpose, code: digits, text: text, at: now))
    }
}

/// A message that is owed, as its job keeps it: without the code.
struct CodeOrder: Codable, Sendable {
    static let job = "identity.send-code"

    let phone: String
    let purpose: CodePurpose
    let nonce: [UInt8]
    let locale: String

    var key: String { "\(phone) \(purpose.rawValue)" }
}
