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
}

extension Transaction {
    /// Writes the key's row, waiting for anybody who is just using it.
    /// - Returns: false if the key has been used.
    func claim(_ command: CommandKey) throws -> Bool {
        try run(
            """
            INSERT INTO idempotency (actor, command_key, fingerprint, status, body, created_at)
            VALUES (\(command.actor), \(command.key), \(command.fingerprint), \(Int64(0)),
                \([UInt8]()), \(now))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func store(_ outcome: CommandOutcome, _ command: CommandKey) throws {
        // Status 0 says that the body is a problem, which is worded anew for each request.
        let (status, body): (Int, [UInt8]) =
            switch outcome {
            case .answered(let status, let body): (status, body)
            case .refused(let problem): (0, Array(try JSONEncoder().encode(problem)))
            }
        try run(
            """
            UPDATE idempotency SET status = \(status), body = \(body)
            WHERE actor = \(command.actor) AND command_key = \(command.key)
            """)
    }

    func forget(_ command: CommandKey) throws {
        try run(
            """
            DELETE FROM idempotency
            WHERE actor = \(command.actor) AND command_key = \(command.key)
            """)
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
            let status: Int64 = try row[1]
            let body: [UInt8] = try row[2]
            let outcome: CommandOutcome =
                status == 0
                ? .refused(try JSONDecoder().decode(Problem.self, from: Data(body)))
                : .answered(status: Int(status), body: body)
            return (try row[0], outcome)
        }
    }
}
