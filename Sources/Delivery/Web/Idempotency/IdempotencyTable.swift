import Basics
import Foundation
import Store

/// A key, whose it is, and what it was used for.
struct CommandKey: Sendable {
    let actor: Int64
    let key: String
    /// The first half of a SHA-256.
    let fingerprint: [UInt8]
}

/// How a command ended.
enum CommandOutcome {
    case answered(status: Int, body: [UInt8])
    case refused(Problem)

    /// From a row: status 0 says that the body is a problem, which is worded anew for each request.
    init(status: Int64, body: [UInt8]) throws {
        self =
            status == 0
            ? .refused(try JSONDecoder().decode(Problem.self, from: Data(body)))
            : .answered(status: Int(status), body: body)
    }
}

/// A row of the table.
struct StoredRow {
    let command: CommandKey
    let status: Int64
    let body: [UInt8]
    let createdAt: Instant

    init(_ command: CommandKey, _ outcome: CommandOutcome, at instant: Instant) throws {
        self.command = command
        createdAt = instant
        switch outcome {
        case .answered(let status, let body): (self.status, self.body) = (Int64(status), body)
        case .refused(let problem):
            (status, body) = (0, Array(try JSONEncoder().encode(problem)))
        }
    }

    var outcome: CommandOutcome {
        get throws { try CommandOutcome(status: status, body: body) }
    }
}

extension Transaction {
    /// How the command ended that a key was used for, in an earlier transaction or by an earlier body
    /// of this one; nil if the key is free.
    func ending(of command: CommandKey) throws -> (fingerprint: [UInt8], CommandOutcome)? {
        if let answer = cache(AnswerCache.self)[command] {
            return (answer.command.fingerprint, try answer.outcome)
        }
        return try bypassingCaches { try outcome(of: command) }
    }

    /// Keeps how a command ended. Whoever uses the key at the same time in another transaction waits
    /// for this one's commit, is undone, and finds it.
    func store(_ outcome: CommandOutcome, _ command: CommandKey) throws {
        cache(AnswerCache.self).add(try StoredRow(command, outcome, at: now))
    }

    func insert(_ row: StoredRow) throws {
        try add(
            """
            INSERT INTO idempotency (actor, command_key, fingerprint, status, body, created_at)
            VALUES (\(row.command.actor), \(row.command.key), \(row.command.fingerprint),
                \(row.status), \(row.body), \(row.createdAt))
            """, ifTwice: { RetryTransaction() })
    }
}

extension Snapshot {
    func outcome(of command: CommandKey) throws -> (fingerprint: [UInt8], CommandOutcome)? {
        try first(
            """
            SELECT fingerprint, status, body FROM idempotency
            WHERE actor = \(command.actor) AND command_key = \(command.key)
            """
        ) { row in
            (try row[0], try CommandOutcome(status: try row[1], body: try row[2]))
        }
    }
}
