import Basics

/// A failure of the store itself. Web answers 503 for `unavailable`, 504 for `outcomeUnknown` and
/// 500 for the rest, which are defects.
package enum StoreError: Error, Sendable {
    /// Certainly not done: the queue is full, the disk is full, the server is away.
    case unavailable(String)
    /// The commit itself failed in a way that does not tell whether it happened.
    case outcomeUnknown(String)
    case statement(code: String, message: String, sql: String)
    case unreadableColumn(index: Int, wanted: String)
    /// Another process writes to this database.
    case lockedByAnotherProcess(path: String)
    case migration(String)
}

/// Thrown out of a body by `Transaction.refuse`: the problem is the answer, and the writes stay.
package struct Refusal: Error, Sendable {
    package let problem: Problem
}

/// A serialization failure, a deadlock, or a row that another node was first to write: the engine runs
/// the body again.
package struct RetryTransaction: Error {
    package init() {}
}
