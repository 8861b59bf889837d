import CryptoExtras
import Foundation
import Synchronization

/// Turns passwords into scrypt hashes, on threads of its own: one hash costs tens of milliseconds,
/// which the threads that serve requests must not lose.
package final class PasswordHasher: Sendable {
    /// The cost of scrypt: its rounds, which are also the memory it takes (1 KB each).
    package struct Cost: Hashable, Sendable {
        package let rounds: Int
        /// - Parameter rounds: a power of two.
        package init(rounds: Int) { self.rounds = rounds }

        package static let standard = Cost(rounds: 1 << 15)
        /// For tests: no protection at all.
        package static let cheap = Cost(rounds: 16)
    }

    private let cost: Cost
    private let queue = OperationQueue()
    private let count = Atomic(0)

    /// How many hashes have been asked for since it was made; each is dear.
    package var asked: Int { count.load(ordering: .relaxed) }

    package init(cost: Cost = .standard) {
        self.cost = cost
        queue.name = "kontor-passwords"
        queue.maxConcurrentOperationCount = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    }

    package func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await run {
            try ScryptHash.make(password, rounds: cost.rounds).text
        }
    }

    /// Whether `hash` is of `password`. Without a hash it takes as long, and says no: how long an
    /// answer takes must not tell whether there is such a member.
    package func verify(_ password: String, _ hash: String?) async throws -> Bool {
        let cost = cost
        return try await run {
            guard let hash, let known = ScryptHash(text: hash) else {
                _ = try ScryptHash.make(password, rounds: cost.rounds)
                return false
            }
            return try known.matches(password)
        }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        count.add(1, ordering: .relaxed)
        return try await withCheckedThrowingContinuation { continuation in
            queue.addOperation { continuation.resume(with: Result(catching: work)) }
        }
    }
}

/// `scrypt$<rounds>$<salt>$<key>`, salt and key in base64.
private struct ScryptHash {
    let rounds: Int
    let salt: Data
    let key: Data

    static func make(_ password: String, rounds: Int) throws -> ScryptHash {
        let salt = Data(SymmetricKey(size: .bits128).bytes)
        let key = try derive(password, salt: salt, rounds: rounds)
        return ScryptHash(rounds: rounds, salt: salt, key: key)
    }

    private init(rounds: Int, salt: Data, key: Data) {
        self.rounds = rounds
        self.salt = salt
        self.key = key
    }

    init?(text: String) {
        let parts = text.split(separator: "$")
        guard parts.count == 4, parts[0] == "scrypt", let rounds = Int(parts[1]),
            let salt = Data(base64Encoded: String(parts[2])),
            let key = Data(base64Encoded: String(parts[3]))
        else { return nil }
        self.init(rounds: rounds, salt: salt, key: key)
    }

    var text: String {
        "scrypt$\(rounds)$\(salt.base64EncodedString())$\(key.base64EncodedString())"
    }

    func matches(_ password: String) throws -> Bool {
        let other = try Self.derive(password, salt: salt, rounds: rounds)
        return constantTimeEqual(key, other)
    }

    private static func derive(_ password: String, salt: Data, rounds: Int) throws -> Data {
        // Composed, because keyboards differ in how they send é; terminated, because scrypt's
        // implementation does not take an empty password.
        let bytes = Array(password.precomposedStringWithCanonicalMapping.utf8) + [0]
        let key = try KDF.Scrypt.deriveKey(
            from: bytes, salt: salt, outputByteCount: 32, rounds: rounds, blockSize: 8,
            parallelism: 1)
        return Data(key.bytes)
    }
}

/// Compares without telling by its time where two secrets differ.
func constantTimeEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
