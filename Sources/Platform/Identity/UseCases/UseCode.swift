import Basics
import CryptoExtras
import Store

/// A code that somebody typed, ready to be tried in a transaction.
package struct CodeProof: Sendable {
    let phone: PhoneNumber
    let purpose: CodePurpose
    let code: String
    let key: SymmetricKey

    /// Six digits that follow from phone, purpose and nonce by the server's key.
    static func digits(
        _ phone: PhoneNumber, _ purpose: CodePurpose, _ nonce: [UInt8], _ key: SymmetricKey
    ) -> String {
        let content = Array("\(phone.text) \(purpose.rawValue) ".utf8) + nonce
        let digest = HMAC<SHA256>.authenticationCode(for: content, using: key)
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 1_000_000
        return String(String(1_000_000 + number).dropFirst())
    }

    func isRight(_ nonce: [UInt8]) -> Bool {
        constantTimeEqual(Self.digits(phone, purpose, nonce, key).utf8, code.utf8)
    }
}

extension Identity {
    /// What `tx.use` needs to try a code.
    package func proof(code: String, phone: PhoneNumber, purpose: CodePurpose) async throws
        -> CodeProof
    {
        CodeProof(
            phone: phone, purpose: purpose, code: code, key: try await keyring.keys().codes)
    }
}

extension Transaction {
    /// Uses a code up. First in its transaction: a wrong one counts as a try and ends the body with
    /// what was written so far. If the rest of the body fails, the code can be used again.
    package func use(_ proof: CodeProof) throws {
        guard var code = try existingCode(proof.phone, proof.purpose) else {
            throw Problem.codeWrong
        }
        if let refusal = code.value.refusal(at: now) { throw refusal }
        guard proof.isRight(code.nonce) else {
            code.wrongTries += 1
            try save(code)
            throw refuse(.codeWrong)
        }
        code.isUsed = true
        try save(code)
    }
}
