import Basics
import Crypto
import Store

/// Commands that have an effect once, however often they are sent: the same key and the same request
/// get the same answer.
///
/// The key's row is written in the transaction of the command itself, so the answer is stored exactly
/// if the effect is. Of two requests at once with one key only one can write the row: the other waits
/// for its commit, is undone whole, and replays. A refusal that keeps its writes is stored with them.
/// One that undoes the command is frozen under its key by a transaction of its own before anybody is
/// told.
package struct IdempotentCommands: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Runs `body` once for (`actor`, `key`), or answers as it was answered before.
    ///
    /// - Parameters:
    ///   - actor: whose key it is: a member's `rawValue`.
    ///   - fingerprint: bytes that two requests share if and only if they ask for the same: route and
    ///     re-encoded command without its secrets. Only their hash is kept.
    ///   - status: the HTTP status of success.
    ///   - body: the use case; returns the encoded view.
    /// - Throws: `Problem`; a frozen one comes again as `ReplayedProblem`.
    package func perform(
        actor: Int64, key: String, fingerprint: [UInt8], status: Int,
        _ body: @escaping @Sendable (Transaction) throws -> [UInt8]
    ) async throws -> StoredAnswer {
        try await perform(actor: actor, key: key, fingerprint: fingerprint) { tx in
            StoredAnswer(status: status, body: try body(tx))
        }
    }

    /// The same where what happens decides the status, too.
    package func perform(
        actor: Int64, key: String, fingerprint: [UInt8],
        _ body: @escaping @Sendable (Transaction) throws -> StoredAnswer
    ) async throws -> StoredAnswer {
        let hash = Array(SHA256.hash(data: fingerprint).prefix(16))
        let command = CommandKey(actor: actor, key: key, fingerprint: hash)
        let ending: CommandEnding
        do {
            ending = try await database.write { tx in
                if let earlier = try tx.replay(command) { return .answered(earlier) }
                return try tx.run(command, body)
            }
        } catch let problem as Problem where problem.isFrozen {
            return try await freeze(problem, command)
        } catch let error where mayBeOfATwin(error) {
            do {
                if let earlier = try await database.write({ try $0.replay(command) }) {
                    return earlier
                }
            } catch is StoreError {
                // The first failure says more.
            }
            throw error
        }
        switch ending {
        case .answered(let answer): return answer
        case .refused(let problem): throw problem
        }
    }

    /// Stores a refusal, unless another request with the same key was answered meanwhile.
    private func freeze(_ problem: Problem, _ command: CommandKey) async throws -> StoredAnswer {
        let earlier: StoredAnswer? = try await database.write { tx in
            if let earlier = try tx.replay(command) { return earlier }
            try tx.store(.refused(problem), command)
            return nil
        }
        guard let earlier else { throw problem }
        return earlier
    }
}

/// A refusal given before and now again: Web answers it with `Idempotent-Replayed: true`.
package struct ReplayedProblem: Error, Hashable, Sendable {
    package let problem: Problem
}

/// An answer as it was first given: what a repeated request gets again.
package struct StoredAnswer: Sendable, Hashable {
    package let status: Int
    /// The JSON of a view. Empty if the answer has no content.
    package let body: [UInt8]
    /// Whether this is an earlier answer, given again.
    package let isReplayed: Bool

    package init(status: Int, body: [UInt8], isReplayed: Bool = false) {
        self.status = status
        self.body = body
        self.isReplayed = isReplayed
    }
}

/// What a transaction leaves under its key.
private enum CommandEnding {
    case answered(StoredAnswer)
    case refused(Problem)
}

extension Transaction {
    fileprivate func run(
        _ command: CommandKey, _ body: (Transaction) throws -> StoredAnswer
    ) throws -> CommandEnding {
        let answer: StoredAnswer
        do {
            answer = try body(self)
        } catch let refusal as Refusal {
            // Its writes stay, and so does its key: who comes next must not write them again.
            guard refusal.problem.isFrozen else { throw refusal }
            try store(.refused(refusal.problem), command)
            return .refused(refusal.problem)
        }
        try store(.answered(status: answer.status, body: answer.body), command)
        return .answered(answer)
    }

    /// The answer that was given under the key; nil if it is free.
    fileprivate func replay(_ command: CommandKey) throws -> StoredAnswer? {
        guard let (hash, outcome) = try ending(of: command) else { return nil }
        guard hash == command.fingerprint else { throw Problem.idempotencyKeyReused }
        switch outcome {
        case .answered(let status, let body):
            return StoredAnswer(status: status, body: body, isReplayed: true)
        case .refused(let problem):
            throw ReplayedProblem(problem: problem)
        }
    }
}

extension Problem {
    /// Whether this answer belongs to the key for good: it depended on the state of things or on the
    /// request itself, not on whether Kontor could be reached.
    ///
    /// An amount of zero or less says nothing about the state of things, no more than one that cannot
    /// be read: the key stays free for the right one (ledger case 15).
    fileprivate var isFrozen: Bool {
        switch kind {
        case .conflict, .rule, .notFound, .forbidden, .locked:
            self != .idempotencyKeyReused && !code.hasSuffix("amount-not-positive")
        default: false
        }
    }
}

/// Whether an error may come of another request with the same key that ran at the same time, in another
/// transaction of PostgreSQL: both can have made the row that there may be only one of.
private func mayBeOfATwin(_ error: any Error) -> Bool {
    switch error {
    case is Problem, is ReplayedProblem, StoreError.unavailable, StoreError.outcomeUnknown: false
    default: true
    }
}
