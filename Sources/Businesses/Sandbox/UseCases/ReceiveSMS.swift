import Basics
import Identity
import Store

extension SandboxModule {
    /// The sandbox's telephone rings.
    func receive(_ message: SMSMessage) async throws {
        let received = ReceivedSMS(
            id: .make(), phone: message.phone.text, purpose: message.purpose.rawValue,
            code: message.code, text: message.text, sentAt: message.at)
        try await database.write { tx in try tx.insert(received) }
    }
}
