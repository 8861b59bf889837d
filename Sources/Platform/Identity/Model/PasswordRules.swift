import Basics

/// What a secret must look like when it is chosen. Length protects, composition rules do not; only
/// what anybody would try first is refused.
enum PasswordRules {
    static let lengths = 8...72

    static func check(_ password: String, isNot names: [String]) throws(Problem) {
        let length = password.utf8.count
        guard length >= lengths.lowerBound else { throw .passwordTooShort }
        guard length <= lengths.upperBound else { throw .passwordTooLong }
        let isName = names.contains { $0.lowercased() == password.lowercased() }
        guard !isName, Set(password).count >= 4 else { throw .passwordTooSimple }
    }

    /// A payment password is typed on a number pad: six digits, and a lock-out instead of length.
    static func checkPayment(_ password: String) throws(Problem) {
        let bytes = Array(password.utf8)
        guard bytes.count == 6, bytes.allSatisfy({ (48...57).contains($0) }) else {
            throw .paymentPasswordInvalid
        }
    }
}
