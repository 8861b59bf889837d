import Ledger

/// The ledger accounts of Courses. Checkout posts the journals of every order; all that a course adds
/// is where its price goes.
extension AccountAddress {
    static let courseIncome: AccountAddress = "income:courses"
}
