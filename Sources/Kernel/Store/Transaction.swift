import Basics

/// One statement's effect: its rows, and how many rows it changed.
struct Outcome {
    var rows: [Row] = []
    var changes = 0
}

/// What an engine lends to a body: a connection inside an open SQL transaction.
protocol Connection: AnyObject {
    func execute(_ text: String, _ values: [SQLValue]) throws -> Outcome
    /// Appended to a `SELECT` whose rows are about to be changed.
    var lockingClause: String { get }
}

/// A consistent view of the database; what a reading body gets.
///
/// It is not `Sendable` and bodies are `@Sendable` and synchronous, so it can neither leave its body
/// nor see an `await`.
package class Snapshot {
    package let now: Instant
    let connection: any Connection
    /// The first failed statement. Both engines behave as PostgreSQL does: after it nothing else
    /// runs, and the body fails even if it swallowed the error.
    fileprivate(set) var failure: (any Error)?

    init(now: Instant, connection: any Connection) {
        self.now = now
        self.connection = connection
    }

    fileprivate func execute(_ text: String, _ values: [SQLValue]) throws -> Outcome {
        if let failure { throw failure }
        do {
            return try connection.execute(text, values)
        } catch {
            failure = error
            throw error
        }
    }

    package func rows<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws -> [Value] {
        let (text, values) = sql.rendered()
        return try execute(text, values).rows.map(decode)
    }

    package func first<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws -> Value? {
        let (text, values) = sql.rendered()
        return try execute(text, values).rows.first.map(decode)
    }

    /// A single number, as from `SELECT COUNT(*)`; 0 if there is no row.
    package func number(_ sql: SQL) throws -> Int64 {
        try first(sql) { try $0[0] } ?? 0
    }
}

/// A writing body's transaction. The body ends in one of three ways: a value (commit), a thrown
/// `refuse(problem)` (the problem is the answer, its writes stay), any other error (undone).
package final class Transaction: Snapshot {
    private(set) var hooks: [@Sendable () -> Void] = []

    /// Runs a statement that writes.
    /// - Returns: how many rows it changed. An insert that may meet its twin says
    ///   `ON CONFLICT DO NOTHING` and looks here; nobody catches a constraint error.
    @discardableResult
    package func run(_ sql: SQL) throws -> Int {
        let (text, values) = sql.rendered()
        return try execute(text, values).changes
    }

    /// Loads rows that are about to be changed and keeps others from changing them meanwhile.
    ///
    /// Locks are taken in one order everywhere: business object, coupons, payment, accounts by id.
    package func lockAll<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws
        -> [Locked<Value>]
    {
        let (text, values) = sql.rendered()
        return try execute(text + connection.lockingClause, values).rows.map {
            Locked(value: try decode($0))
        }
    }

    /// Loads one row that is about to be changed.
    package func lock<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws -> Locked<Value>? {
        try lockAll(sql, decode).first
    }

    /// An error to throw when the answer is a refusal but what was written must stay (a counted
    /// attempt, an expiry): `throw tx.refuse(problem)`.
    package func refuse(_ problem: Problem) -> Refusal { Refusal(problem: problem) }

    /// Runs once this body's writes are durable; the only way to touch memory or wake anything.
    package func afterCommit(_ hook: @escaping @Sendable () -> Void) { hooks.append(hook) }
}

/// A value whose row is locked in this transaction. `save` functions take nothing else, so what is
/// changed has always been locked first.
@dynamicMemberLookup
package struct Locked<Value> {
    package var value: Value

    /// For a row inserted in this very transaction, which nobody else can see yet.
    package static func inserted(_ value: Value) -> Locked { Locked(value: value) }

    package subscript<Member>(dynamicMember path: WritableKeyPath<Value, Member>) -> Member {
        get { value[keyPath: path] }
        set { value[keyPath: path] = newValue }
    }
    package subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member {
        value[keyPath: path]
    }
}

extension Locked: Sendable where Value: Sendable {}
