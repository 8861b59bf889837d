import Basics
import Store
import Web

extension Identity {
    /// Gives a phone number to a member who has none, as one who came from WeChat: with it come codes,
    /// a password, and a payment password.
    ///
    /// - Parameter code: sent to that phone to register.
    /// - Throws: `verification-code-…`, `phone-taken`, `phone-already-set`.
    package func bindPhone(
        of member: ID<Member>, _ phone: PhoneNumber, code: String
    ) async throws -> Profile {
        let proof = try await proof(code: code, phone: phone, purpose: .register)
        return try await database.write { tx in
            try tx.use(proof)
            guard let locked = try tx.lockMember(member) else { throw Problem.notFound }
            guard locked.profile.phone == nil else { throw Problem.phoneAlreadySet }
            guard try tx.setPhone(phone, of: locked) else { throw Problem.phoneTaken }
            try tx.note(.phoneBound, of: member, about: "")
            guard let profile = try tx.profile(of: member) else { throw Problem.notFound }
            return profile
        }
    }
}
