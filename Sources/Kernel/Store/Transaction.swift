import Basics

/// One statement's effect: its rows, and how many rows it changed.
struct Outcome {
    var rows: [Row] = []
    var changes = 0
}

/// What an engine lends to a body: a connection inside an open SQL transaction.
protocol Connection: AnyObject {
    func execute(_ sql: SQL) throws -> Outcome
    /// Runs a statement now or together with what comes next.
    /// - Throws: now or from what comes next; what `twice` makes if the statement breaks a unique key.
    func enqueue(_ sql: SQL, ifTwice twice: (() -> any Error)?) throws
    func enqueue(
        _ sql: PreparedSQL, ifTwice twice: (() -> any Error)?,
        _ values: (SQLParameters) -> Void) throws
    /// Appended to a `SELECT` whose rows are about to be changed.
    var lockingClause: SQL? { get }
    /// Whether nobody else writes to the database while it is open.
    static var isOnlyWriter: Bool { get }
    /// Lifts the limits on how long a statement of this transaction may run and wait.
    func takeYourTime() throws
}

extension Connection {
    func enqueue(
        _ sql: PreparedSQL, ifTwice twice: (() -> any Error)?,
        _ values: (SQLParameters) -> Void
    ) throws { try enqueue(sql.with(values), ifTwice: twice) }

    func takeYourTime() throws {}
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

    /// Whether nobody else writes to the database while it is open: what was read in a transaction of this
    /// process then stays true until the next.
    package var isOnlyWriter: Bool { type(of: connection).isOnlyWriter }

    fileprivate func execute(_ sql: SQL) throws -> Outcome {
        if let failure { throw failure }
        do {
            return try connection.execute(sql)
        } catch {
            failure = error
            throw error
        }
    }

    package func rows<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws -> [Value] {
        try execute(sql).rows.map(decode)
    }

    package func first<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws -> Value? {
        try execute(sql).rows.first.map(decode)
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
    private let caches: RowCaches
    private let news: NewsBoard

    init(now: Instant, connection: any Connection, caches: RowCaches, news: NewsBoard) {
        self.caches = caches
        self.news = news
        super.init(now: now, connection: connection)
    }

    /// The rows of a table that this writer keeps in memory. What is changed there is changed in
    /// this transaction like anything else.
    package func cache<Cache: RowCache>(_ type: Cache.Type) -> Cache { caches.cache(type) }

    /// For a cache's own statements: they load rows that it does not have.
    package func bypassingCaches<Value>(_ body: () throws -> Value) rethrows -> Value {
        try caches.bypassing(body)
    }

    override fileprivate func execute(_ sql: SQL) throws -> Outcome {
        if let failure { throw failure }
        do {
            try caches.prepare(for: sql, in: self)
        } catch {
            failure = error
            throw error
        }
        return try super.execute(sql)
    }

    /// Runs a statement that writes.
    /// - Returns: how many rows it changed. An insert that may meet its twin says
    ///   `ON CONFLICT DO NOTHING` and looks here; nobody catches a constraint error.
    @discardableResult
    package func run(_ sql: SQL) throws -> Int { try execute(sql).changes }

    /// Inserts into a table that no cache keeps, or for its cache, without waiting for the answer: it
    /// travels with what comes next, or with the commit.
    ///
    /// - Parameter twice: what the body fails with if a unique key is broken; it may be thrown from
    ///   here or come when the body has ended, and is not to be caught.
    package func add(_ sql: SQL, ifTwice twice: (() -> any Error)? = nil) throws {
        if let failure { throw failure }
        do {
            try connection.enqueue(sql, ifTwice: twice)
        } catch {
            failure = error
            throw error
        }
    }

    /// The same for a statement that runs very often.
    package func add(
        _ sql: PreparedSQL, ifTwice twice: (() -> any Error)? = nil,
        _ values: (SQLParameters) -> Void
    ) throws {
        if let failure { throw failure }
        do {
            try connection.enqueue(sql, ifTwice: twice, values)
        } catch {
            failure = error
            throw error
        }
    }

    /// An error to throw that the body cannot catch, as one of the schema: for rules that are kept
    /// outside of it.
    package func failing(_ error: any Error) -> any Error {
        failure = error
        return error
    }

    /// Loads rows that are about to be changed and keeps others from changing them meanwhile.
    ///
    /// Locks are taken in one order everywhere: business object, coupons, payment, accounts by id.
    /// - Parameter table: which of the query's tables has these rows, if there are several.
    package func lockAll<Value>(
        _ sql: SQL, of table: SQL? = nil, _ decode: (Row) throws -> Value
    ) throws -> [Locked<Value>] {
        let rows: SQL = table.map { " OF \($0)" } ?? ""
        let query = connection.lockingClause.map { sql + $0 + rows } ?? sql
        return try execute(query).rows.map { Locked(value: try decode($0)) }
    }

    /// The same without those that somebody else has locked: for work that many share.
    package func lockFree<Value>(_ sql: SQL, _ decode: (Row) throws -> Value) throws
        -> [Locked<Value>]
    {
        let query = connection.lockingClause.map { sql + $0 + " SKIP LOCKED" } ?? sql
        return try execute(query).rows.map { Locked(value: try decode($0)) }
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

    /// Tells all nodes, this one included, once the writes are durable: that what has this id is not
    /// what it was.
    package func announce<E: Entity>(_ id: ID<E>) {
        let text = id.description
        afterCommit { [news] in news.announce(text) }
    }
}

/// A value whose row is locked in this transaction. Functions that change a row take nothing else, or what
/// was made of one, so what is changed has always been locked first.
@dynamicMemberLookup
package struct Locked<Value> {
    // Inlinable, so that a member is reached in its place and no path to it is made at run time.
    @usableFromInline package var value: Value

    /// For a row inserted in this very transaction, which nobody else can see yet.
    package static func inserted(_ value: Value) -> Locked { Locked(value: value) }

    @inlinable
    package subscript<Member>(dynamicMember path: WritableKeyPath<Value, Member>) -> Member {
        get { value[keyPath: path] }
        set { value[keyPath: path] = newValue }
    }
    @inlinable
    package subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member {
        value[keyPath: path]
    }
}

extension Locked: Sendable where Value: Sendable {}
